/** Which components are run again, and when (stages.md 6.4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs, shouldRetry } from '../../../activities/stages/step-retries.ts';
import { type ErrorCode, OmniBaseError } from '../../../contracts/error.ts';
import type { ComponentStepResult, Stage, Status } from '../../../contracts/stage.ts';

function resultWith(status: Status, ...codes: readonly ErrorCode[]): ComponentStepResult {
  return {
    component_uuid: 'u',
    step_id: 's1',
    status,
    skipped_reason: null,
    findings: [],
    findings_total: 0,
    truncated: false,
    messages: [],
    errors: codes.map((code) => new OmniBaseError(code).toBody()),
    output: null,
    exit_status: null,
    duration_ms: 1,
    attempts: 1,
    files_checked: 1,
    isolation: {
      tier: 'process',
      namespaces: [],
      limits_by: 'none',
      sweep: 'none',
      enforced: { fs_read: 'no', fs_write: 'no', network: 'no', processes: 'no', memory: 'no' },
    },
    produced_at: '2026-01-01T00:00:00.000Z',
  };
}

describe('shouldRetry', () => {
  it.each<[string, ComponentStepResult, Stage, number, number, boolean]>([
    ['a crash', resultWith('error', 'NE001'), 'pre-commit', 1, 3, true],
    ['a crash at the last attempt', resultWith('error', 'NE001'), 'pre-commit', 3, 3, false],
    ['a crash of what may run once', resultWith('error', 'NE001'), 'ci', 1, 1, false],
    ['a timeout in pre-commit', resultWith('error', 'NE004'), 'pre-commit', 1, 3, false],
    ['the first timeout in ci', resultWith('error', 'NE004'), 'ci', 1, 3, true],
    ['the second timeout in ci', resultWith('error', 'NE004'), 'ci', 2, 3, false],
    ['the first timeout in test', resultWith('error', 'NE004'), 'test', 1, 2, true],
    ['a timeout in exec', resultWith('error', 'NE004'), 'exec', 1, 3, false],
    ['a protocol violation', resultWith('error', 'NE003'), 'ci', 1, 3, false],
    ['a sandbox violation', resultWith('error', 'NE010'), 'ci', 1, 3, false],
    ['a memory limit', resultWith('error', 'NE008'), 'ci', 1, 3, false],
    ['a missing program', resultWith('error', 'NE006'), 'ci', 1, 3, false],
    ['a crash after a violation', resultWith('error', 'NE001', 'NE003'), 'ci', 1, 3, false],
    ['an error without a cause', resultWith('error'), 'ci', 1, 3, false],
    ['a finding', resultWith('fail'), 'ci', 1, 3, false],
    ['a pass', resultWith('pass'), 'ci', 1, 3, false],
  ])('%s', (_, result, stage, attempt, attempts, expected) => {
    expect(shouldRetry(result, stage, attempt, attempts)).toBe(expected);
  });
});

describe('retryDelayMs', () => {
  it('doubles from 100 ms and stays within a quarter of it, at most 30 s', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const plain = Math.min(100 * 2 ** (attempt - 1), 30_000);
          const delay = retryDelayMs(attempt, random);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(0.75 * plain));
          expect(delay).toBeLessThanOrEqual(Math.ceil(1.25 * plain));
        },
      ),
    );
  });
});
