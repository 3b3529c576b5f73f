/** Checks of report, reset, override and hint, for updates and signals that reach the workflow without the gateway. */
import { overrideSeconds } from '../../../contracts/run/limits.ts';
import type { OverrideHealth, ResetRun, RunReport } from '../../../contracts/run/requests.ts';
import { beatPaths, reportKinds, runtimeStatuses } from '../../../contracts/run/vocabulary.ts';
import type { LivenessHint, RunStatusEdge } from '../../../contracts/run/workflow.ts';
import { canonicalTime } from '../../registration/messages/timestamp.ts';
import { type CheckedMessage, given, note, openMembers, outcome, type Rule, type Violation } from './check.ts';
import { actor, counter, mendedText, oneOf, reason } from './rules.ts';

const kind = oneOf(reportKinds);
const count = counter(0);
const attempt = counter(1);
const extend = counter(overrideSeconds.least, overrideSeconds.most);

export function checkReport(value: unknown): CheckedMessage<RunReport> {
  const violations: Violation[] = [];
  const fields = ['kind', 'reason', 'attempt', 'step', 'checkpoint_version', 'actor'];
  const members = openMembers(value, '', fields, violations);
  const report: RunReport = {
    kind: members.required('kind', kind),
    ...given({
      reason: members.optional('reason', reason, undefined),
      attempt: members.optional('attempt', attempt, undefined),
      step: members.optional('step', count, undefined),
      checkpoint_version: members.optional('checkpoint_version', count, undefined),
      actor: members.optional('actor', actor, undefined),
    }),
  };
  return outcome(report, violations);
}

export function checkReset(value: unknown): CheckedMessage<ResetRun> {
  const violations: Violation[] = [];
  const members = openMembers(value, '', ['reason', 'actor'], violations);
  const reset: ResetRun = {
    reason: members.required('reason', reason),
    ...given({ actor: members.optional('actor', actor, undefined) }),
  };
  return outcome(reset, violations);
}

export function checkOverride(value: unknown): CheckedMessage<OverrideHealth> {
  const violations: Violation[] = [];
  const members = openMembers(value, '', ['extend_seconds', 'reason', 'actor'], violations);
  const override: OverrideHealth = {
    extend_seconds: members.required('extend_seconds', extend),
    reason: members.required('reason', reason),
    ...given({ actor: members.optional('actor', actor, undefined) }),
  };
  return outcome(override, violations);
}

const status = oneOf(runtimeStatuses);
const via = oneOf(beatPaths);
const notes = mendedText(4_096);

/** What the gateway says of a beat it has stored. */
export function checkRunStatusEdge(value: unknown): CheckedMessage<RunStatusEdge> {
  const violations: Violation[] = [];
  const members = openMembers(value, '', null, violations);
  const edge: RunStatusEdge = {
    attempt: members.required('attempt', attempt),
    status: members.required('status', status),
    step: members.required('step', count),
    checkpoint_version: members.required('checkpoint_version', count),
    received_at: members.required('received_at', instant),
    via: members.required('via', via),
    notes: members.required('notes', orNull(notes)),
  };
  return outcome(edge, violations);
}

const incidentId = mendedText(128);

export function checkHint(value: unknown): CheckedMessage<LivenessHint> {
  const violations: Violation[] = [];
  const members = openMembers(value ?? {}, '', null, violations);
  return outcome({ incident_id: members.optional('incident_id', orNull(incidentId), null) }, violations);
}

const instant: Rule<string> = {
  blank: '',
  read(value: unknown, field: string, violations: Violation[]): string {
    const found = typeof value === 'string' ? canonicalTime(value) : null;
    if (found === null) note(violations, field, 'format', 'must be an RFC 3339 time with a zone');
    return found ?? '';
  },
};

function orNull<T>(rule: Rule<T>): Rule<T | null> {
  return {
    blank: null,
    read: (value, field, violations) => (value === null ? null : rule.read(value, field, violations)),
  };
}
