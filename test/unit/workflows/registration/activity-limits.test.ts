/** Time limits of the activities of a registration (registration.md 9 "Activities"). */
import { describe, expect, it } from 'vitest';
import * as limits from '../../../../workflows/registration/activity-limits.ts';

describe('limits', () => {
  it('let the database answer without an end, 5 s per try, at most 30 s apart', () => {
    expect(limits.databaseLimits.startToCloseTimeout).toBe(5_000);
    expect(limits.databaseLimits).not.toHaveProperty('scheduleToCloseTimeout');
    expect(limits.databaseLimits.retry).not.toHaveProperty('maximumAttempts');
    expect(limits.databaseLimits.retry.maximumInterval).toBe(30_000);
  });

  it('deliver twice', () => {
    expect(limits.deliveryLimits.retry.maximumAttempts).toBe(2);
  });

  it('answer a caller before it gives up', () => {
    expect(limits.quickAdmissionLimits.scheduleToCloseTimeout + limits.decisionLimit(10_000)).toBeLessThan(10_000);
    expect(limits.decisionLimit(1_000)).toBe(500);
  });
});
