import { describe, expect, it } from 'vitest';
import { runErrors } from '../../../contracts/errors/run.ts';
import { type ErrorEntry, errorCatalogue, OmniBaseError } from '../../../contracts/error.ts';
import { runErrorCode } from '../../../domain/run/errors.ts';

// Names and statuses of runs.md; those without RN are shared with the rest of the gateway.
const page: readonly (readonly [string, number])[] = [
  ['unsupported_media_type', 415],
  ['payload_too_large', 413],
  ['malformed_json', 400],
  ['invalid_run_id', 400],
  ['run_not_found', 404],
  ['validation_failed', 422],
  ['run_id_mismatch', 422],
  ['run_terminal', 409],
  ['stale_attempt', 409],
  ['attempt_not_granted', 409],
  ['step_regression', 409],
  ['checkpoint_regression', 409],
  ['heartbeat_throttled', 429],
  ['overloaded', 503],
  ['storage_unavailable', 503],
  ['engine_unavailable', 503],
  ['state_not_applied', 500],
  ['invalid_issued_at', 400],
  ['override_not_allowed', 422],
  ['too_many_commands', 409],
  ['command_id_reused', 409],
  ['ack_conflict', 409],
  ['command_not_found', 404],
  ['invalid_state', 409],
  ['command_pending', 409],
  ['run_id_reused', 409],
  ['invalid_query', 400],
  ['cursor_expired', 410],
  ['idempotency_key_reused', 409],
  ['idempotency_in_progress', 409],
  ['internal', 500],
];

describe('errors of runs', () => {
  it.each(page)('%s is %i', (name, http) => {
    expect(errorCatalogue[runErrorCode(name)]).toMatchObject({ name, http });
  });

  it('read as in the example of the page', () => {
    const error = new OmniBaseError('RN021', { details: { current: 4, received: 3 } });
    expect(error.toBody()).toMatchObject({
      code: 'RN021',
      name: 'checkpoint_regression',
      class: 'CheckpointRegression',
      message: 'checkpoint_version 3 is below 4',
    });
  });

  it('have the exit codes of the command line, and classes named like them', () => {
    const wanted = new Map<number | null, number>([
      [400, 2],
      [422, 2],
      [404, 1],
      [409, 1],
      [410, 1],
      [429, 1],
      [503, 6],
      [null, 2],
    ]);
    for (const entry of Object.values(runErrors) as ErrorEntry[]) {
      const exit = wanted.get(entry.http);
      if (exit !== undefined) expect([entry.name, entry.exit]).toEqual([entry.name, exit]);
      expect(entry.class.toLowerCase()).toBe(entry.name.replaceAll('_', ''));
    }
  });

  it('has a code for every name, and one for none', () => {
    for (const [code, { name }] of Object.entries(runErrors)) expect(runErrorCode(name)).toBe(code);
    expect(runErrorCode('no_such_name')).toBe('OB001');
  });
});
