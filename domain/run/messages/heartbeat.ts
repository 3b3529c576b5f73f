/**
 * Check of a beat (runs.md 5.1, 5.2 no. 6): presence, type and range of every field, all violations at once. Run by the
 * gateway for each of ten thousand beats a second and by the workflow for those that come by signal.
 */
import type { CompactHeartbeat, RunHeartbeat } from '../../../contracts/run/heartbeat.ts';
import { longestBeatNotes, mostQueuedCommands } from '../../../contracts/run/limits.ts';
import { runtimeStatuses } from '../../../contracts/run/vocabulary.ts';
import { isObject } from '../../registration/messages/check.ts';
import { note, openMembers, type Rule, type Violation } from './check.ts';
import { counter, finite, isRunId, mendedText, oneOf, runId } from './rules.ts';

export type CheckedBeat =
  | { readonly ok: true; readonly value: RunHeartbeat }
  | {
      readonly ok: false;
      readonly code: 'validation_failed' | 'run_id_mismatch';
      readonly violations: readonly Violation[];
    };

const status = oneOf(runtimeStatuses);
const count = counter(0);
const attempt = counter(1);
const notes = mendedText(longestBeatNotes);
const rate = finite({ min: 0, max: Number.MAX_VALUE, open: false }, 'a number from 0');
const anyNumber = finite({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE, open: false }, 'a finite number');

/**
 * Checks a beat. Unknown members are ignored.
 *
 * @param pathId the run the path names; null where no path does (batch, signal)
 */
export function checkHeartbeat(value: unknown, pathId: string | null): CheckedBeat {
  const violations: Violation[] = [];
  const members = openMembers(value, '', null, violations);
  if (!isObject(value)) return { ok: false, code: 'validation_failed', violations };
  const beat: RunHeartbeat = {
    run_id: members.required('run_id', runId),
    status: members.required('status', status),
    step: members.required('step', count),
    samples_per_sec: members.required('samples_per_sec', rate),
    loss: members.required('loss', value['status'] === 'errored' ? lossOrNull : anyNumber),
    checkpoint_version: members.required('checkpoint_version', count),
    queued_commands: members.optional('queued_commands', commandIds, null),
    notes: members.optional('notes', notes, null),
    attempt: members.optional('attempt', attempt, 1),
  };
  const mismatch = pathId !== null && isRunId(value['run_id']) && value['run_id'] !== pathId;
  if (mismatch) note(violations, 'run_id', 'mismatch', 'must be the run of the path');
  if (violations.length === 0) return { ok: true, value: beat };
  return { ok: false, code: mismatch ? 'run_id_mismatch' : 'validation_failed', violations };
}

/** Reads a compact body as the beat it stands for (runs.md 5.8). */
export function expandCompactHeartbeat(value: unknown, pathId: string): CheckedBeat {
  const violations: Violation[] = [];
  const members = openMembers(value, '', null, violations);
  const compact: CompactHeartbeat = isObject(value)
    ? {
        step: members.required('step', count),
        policy_loss: members.required('policy_loss', anyNumber),
        value_loss: members.required('value_loss', anyNumber),
        checkpoint_step: members.required('checkpoint_step', count),
      }
    : { step: 0, policy_loss: 0, value_loss: 0, checkpoint_step: 0 };
  if (violations.length > 0) return { ok: false, code: 'validation_failed', violations };
  return {
    ok: true,
    value: {
      run_id: pathId,
      status: 'running',
      step: compact.step,
      samples_per_sec: 0,
      // Halved first: the sum of two finite numbers need not be finite.
      loss: compact.policy_loss / 2 + compact.value_loss / 2,
      checkpoint_version: compact.checkpoint_step,
      queued_commands: null,
      notes: null,
      attempt: 1,
    },
  };
}

/** Whether a body is meant to be a compact one: it has its losses and none of the members only a full one has. */
export function isCompactHeartbeat(value: unknown): boolean {
  return isObject(value) && 'policy_loss' in value && 'value_loss' in value && !('status' in value);
}

const lossOrNull: Rule<number | null> = {
  blank: null,
  read: (value, field, violations) => (value === null ? null : anyNumber.read(value, field, violations)),
};

const commandIds: Rule<readonly string[]> = {
  blank: [],
  read(value: unknown, field: string, violations: Violation[]): readonly string[] {
    if (!Array.isArray(value)) {
      note(violations, field, 'type', 'must be a list of command ids');
      return this.blank;
    }
    if (value.length > mostQueuedCommands) {
      note(violations, field, 'length', `must have at most ${String(mostQueuedCommands)} items`);
      return this.blank;
    }
    return Array.from(value, (id: unknown, index) => runId.read(id, `${field}.${String(index)}`, violations));
  },
};
