/** Bounds of a policy (runs.md 4). */
import { describe, expect, it } from 'vitest';
import { runPolicySchema } from '../../../../contracts/run/policy.ts';
import { defaultRunPolicy } from '../../../../contracts/run/settings.ts';
import {
  policyViolations,
  resolvePolicy,
  silenceThresholds,
  terminateGrace,
  toldCadence,
} from '../../../../domain/run/policy.ts';

describe('a policy', () => {
  it('is that of the page by default, and sound', () => {
    expect(policyViolations(defaultRunPolicy)).toEqual([]);
    expect(defaultRunPolicy).toMatchObject({
      cadence_s: 15,
      stale_after_s: 45,
      unresponsive_after_s: 135,
      paused_stale_after_s: 900,
      start_timeout_s: 900,
      on_start_timeout: 'warn',
      terminate_grace_s: 120,
      on_unresponsive: { action: 'none' },
    });
  });

  it.each<[object, string[]]>([
    [{ cadence_s: 5 }, []],
    [{ cadence_s: 4 }, ['cadence_s']],
    [{ cadence_s: 300, stale_after_s: 900, unresponsive_after_s: 1_800 }, []],
    [{ cadence_s: 301, stale_after_s: 903, unresponsive_after_s: 1_806, paused_stale_after_s: 903 }, ['cadence_s']],
    [{ stale_after_s: 44 }, ['stale_after_s']],
    [{ stale_after_s: 68 }, ['unresponsive_after_s']],
    [{ unresponsive_after_s: 90 }, []],
    [{ unresponsive_after_s: 89 }, ['unresponsive_after_s']],
    [{ paused_stale_after_s: 45 }, []],
    [{ paused_stale_after_s: 44 }, ['paused_stale_after_s']],
    [{ start_timeout_s: 59 }, ['start_timeout_s']],
    [{ start_timeout_s: 604_801 }, ['start_timeout_s']],
    [{ terminate_grace_s: 0 }, []],
    [{ terminate_grace_s: 3_601 }, ['terminate_grace_s']],
    [{ on_unresponsive: { action: 'fail', after_s: -1 } }, ['on_unresponsive.after_s']],
    [{ cadence_s: 30 }, ['stale_after_s']],
    [{ cadence_s: 10.5 }, ['cadence_s']],
  ])('%j breaks %j', (part, expected) => {
    expect(policyViolations(resolvePolicy(part, defaultRunPolicy)).map(({ field }) => field)).toEqual(
      expected.map((field) => `policy.${field}`),
    );
  });

  it('takes its parts over the defaults, and refuses unknown ones', () => {
    expect(resolvePolicy({ cadence_s: undefined, deadlines: { mode: 'fleet' } }, defaultRunPolicy)).toEqual({
      ...defaultRunPolicy,
      deadlines: { mode: 'fleet' },
    });
    expect(runPolicySchema.safeParse({ stale_after: 60 }).success).toBe(false);
    expect(runPolicySchema.parse({ on_unresponsive: { action: 'fail' } }).on_unresponsive?.after_s).toBe(0);
  });
});

describe('thresholds', () => {
  it('are three and nine times a cadence that was widened under load, if larger', () => {
    expect(toldCadence(defaultRunPolicy, true)).toBe(30);
    expect(silenceThresholds(defaultRunPolicy, 15)).toEqual({ stale_s: 45, unresponsive_s: 135 });
    expect(silenceThresholds(defaultRunPolicy, 30)).toEqual({ stale_s: 90, unresponsive_s: 270 });
    const patient = { ...defaultRunPolicy, stale_after_s: 200, unresponsive_after_s: 400 };
    expect(silenceThresholds(patient, 30)).toEqual({ stale_s: 200, unresponsive_s: 400 });
    const tight = { ...defaultRunPolicy, unresponsive_after_s: 90 };
    expect(silenceThresholds(tight, 15)).toEqual({ stale_s: 45, unresponsive_s: 90 });
  });
});

describe('the grace of a terminate', () => {
  it.each([
    [null, 120],
    [{}, 120],
    [{ final_checkpoint: true }, 600],
    [{ final_checkpoint: true, grace_seconds: 5 }, 5],
    [{ grace_seconds: 0 }, 0],
  ])('%j: %i s', (payload, seconds) => {
    expect(terminateGrace(defaultRunPolicy, payload)).toBe(seconds);
  });
});
