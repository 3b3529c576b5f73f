/** Memories, messages and a context for tests of the reducer; everything has a plain default. */
import type { Ack, Deregister, Introspection } from '../../../../../contracts/node/messages.ts';
import type { LoadedRegistration, NotDue, RowClock } from '../../../../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow } from '../../../../../contracts/node/row.ts';
import { defaultNodeSettings } from '../../../../../contracts/node/settings.ts';
import { type RegistrationState, registrationStates } from '../../../../../contracts/node/vocabulary.ts';
import type {
  AdmissionDecision,
  RegistrationMemory,
  WorkflowSettings,
} from '../../../../../contracts/node/workflow.ts';
import type { Decision, DecideContext, IntrospectInput } from '../../../../../domain/registration/decide/types.ts';
import { deriveFacts } from '../../../../../domain/registration/facts.ts';
import { checkIntrospection } from '../../../../../domain/registration/messages.ts';
import { emptyMemory } from '../../../../../domain/registration/memory.ts';

export const nodeId = '00000000-0000-4000-8000-000000000001';
export const workflowId = `registration/registration/${nodeId}`;
export const clock = Date.parse('2026-01-01T00:00:00.000Z');

const { admission: _policy, ...registration } = defaultNodeSettings.registration;
export const settings: WorkflowSettings = { ...registration, ...defaultNodeSettings.deadlines };

let ids = 0;
/** A uuid nobody else has. */
export function newId(): string {
  ids += 1;
  return `10000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
}

export function contextAt(now: number = clock, changes: Partial<WorkflowSettings> = {}): DecideContext {
  return {
    workflow_id: workflowId,
    entity_id: nodeId,
    domain: 'registration',
    settings: { ...settings, ...changes },
    now: () => now,
    newId,
    random: () => 0.5,
  };
}

export function introspection(changes: Readonly<Record<string, unknown>> = {}): Introspection {
  const id = newId();
  const checked = checkIntrospection({
    message_id: id,
    correlation_id: newId(),
    node_id: nodeId,
    node_type: 'compute',
    timestamp: '2026-01-01T00:00:00Z',
    ...changes,
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

export function inputOf(
  message: Introspection,
  verdict?: AdmissionDecision | null,
  path: IntrospectInput['path'] = 'gateway',
): IntrospectInput {
  const input = { kind: 'introspect', message, facts: deriveFacts(message), path } as const;
  return verdict === undefined ? input : { ...input, verdict };
}

export const consent: AdmissionDecision = { decision: 'accept', code: null, reason: null, policy_revision: 'p1' };
export const refusal: AdmissionDecision = {
  decision: 'reject',
  code: 'domain_closed',
  reason: 'the domain takes no nodes',
  policy_revision: 'p1',
};

export const attempt = '20000000-0000-4000-8000-000000000002';
export const earlierAttempt = '20000000-0000-4000-8000-000000000001';
export const openedBy = '30000000-0000-4000-8000-000000000001';
export const openingEvent = '40000000-0000-4000-8000-000000000001';
export const correlation = '50000000-0000-4000-8000-000000000001';

export const states: readonly (RegistrationState | null)[] = [null, ...registrationStates];

/** A memory in `state`, second epoch, registered with the facts of `message`; nothing else is open. */
export function memoryIn(
  state: RegistrationState | null,
  message: Introspection = introspection(),
  changes: Partial<RegistrationMemory> = {},
): RegistrationMemory {
  const empty = emptyMemory(settings);
  if (state === null) return { ...empty, ...changes };
  const facts = deriveFacts(message);
  const requiresAck = state === 'accepted' || state === 'awaiting_ack';
  return {
    ...empty,
    state,
    epoch: 2,
    version: 3,
    attempt_id: attempt,
    attempt_number: 1,
    node_type: message.node_type,
    node_version: message.node_version,
    instance_id: message.instance_id,
    facts_hash: facts.facts_hash,
    facts_hash_without_status: deriveFacts({ ...message, status: null }).facts_hash,
    correlation_id: correlation,
    attempt_cause_id: openedBy,
    opening_event_id: state === 'pending_registration' || state === 'rejected' ? null : openingEvent,
    ack_deadline: requiresAck ? '2026-01-01T00:00:30.000Z' : null,
    reason_code: state === 'rejected' ? 'domain_closed' : null,
    rejection_reason: state === 'rejected' ? 'no' : null,
    expiry_reason: state === 'liveness_expired' ? 'missed_heartbeats' : null,
    attempts: [
      { attempt_id: attempt, epoch: 2, open_until: requiresAck ? clock + 30_000 : null },
      { attempt_id: earlierAttempt, epoch: 1, open_until: null },
    ],
    due: {
      pending: null,
      ack: requiresAck ? clock + 30_100 : null,
      liveness: state === 'active' ? clock + 60_100 : null,
      retry: null,
      retire: null,
    },
    ...changes,
  };
}

export function ackMessage(attemptId: string | null, changes: Partial<Ack> = {}): Ack {
  return {
    command_id: newId(),
    node_id: nodeId,
    domain: 'registration',
    attempt_id: attemptId,
    correlation_id: null,
    timestamp: '2026-01-01T00:00:00Z',
    ...changes,
  };
}

export function deregistration(changes: Partial<Deregister> = {}): Deregister {
  return {
    command_id: newId(),
    node_id: nodeId,
    domain: 'registration',
    reason: 'maintenance',
    actor: { type: 'node', id: nodeId },
    correlation_id: null,
    epoch: null,
    ...changes,
  };
}

export const rowClock: RowClock = {
  now: '2026-01-01T00:00:00.000Z',
  ack_deadline: '2026-01-01T00:00:30.000Z',
  liveness_deadline: '2026-01-01T00:01:00.000Z',
  next_retry_at: null,
  state_entered_at: '2026-01-01T00:00:00.000Z',
  ack_remaining_ms: 30_000,
  liveness_remaining_ms: 60_000,
  retry_remaining_ms: null,
  interval_ms: 30_000,
  mode: 'precise',
};

export function notDue(why: NotDue['why'], changes: Partial<NotDue> = {}): NotDue {
  return { ...rowClock, outcome: 'not_due', why, remaining_ms: 5_000, receipt: null, row: null, ...changes };
}

/** What `loadRegistration` would answer for a memory. */
export function loadedFrom(
  memory: RegistrationMemory,
  row: Partial<NodeRow> = {},
  liveness: Partial<NodeLivenessRow> | null = {},
): LoadedRegistration {
  const { columns } = deriveFacts(introspection());
  const state = memory.state ?? 'pending_registration';
  return {
    row: {
      ...columns,
      entity_id: nodeId,
      domain: 'registration',
      current_state: state,
      state_entered_at: rowClock.now,
      performance_metrics: null,
      facts_hash: memory.facts_hash,
      policy_revision: memory.policy_revision,
      path: memory.path,
      epoch: memory.epoch,
      version: memory.version,
      attempt_id: memory.attempt_id,
      attempt_number: memory.attempt_number,
      attempt_started_at: rowClock.now,
      next_retry_at: null,
      ack_deadline: memory.ack_deadline,
      liveness_deadline: memory.liveness_deadline,
      last_heartbeat_at: memory.last_beat_at,
      ack_timeout_emitted_at: null,
      liveness_timeout_emitted_at: null,
      reported_status: memory.reported_status,
      reason_code: memory.reason_code,
      rejection_reason: memory.rejection_reason,
      expiry_reason: null,
      flap_count: 0,
      flap_period_started_at: null,
      flapping_until: null,
      ordering_mode: 'workflow',
      last_applied_event_id: openingEvent,
      last_applied_sequence: null,
      last_applied_offset: 0,
      last_applied_partition: null,
      correlation_id: memory.correlation_id,
      data_provenance: 'unknown',
      registered_at: rowClock.now,
      updated_at: rowClock.now,
      ...row,
    },
    liveness:
      liveness === null
        ? null
        : {
            entity_id: nodeId,
            domain: 'registration',
            epoch: memory.epoch,
            attempt_id: memory.attempt_id,
            state,
            state_entered_at: rowClock.now,
            path: memory.path,
            interval_ms: 30_000,
            window_ms: 90_000,
            last_heartbeat_at: null,
            beats_since_active: 0,
            reported_status: null,
            pending_status_beats: 0,
            uptime_seconds: null,
            active_operations_count: null,
            memory_usage_mb: null,
            cpu_usage_percent: null,
            node_version: null,
            node_sequence: null,
            node_clock_at: null,
            ack_command_id: null,
            ack_received_at: null,
            last_poked_at: null,
            introspection_requested_at: null,
            ...liveness,
          },
    attempts: memory.attempts.map(({ attempt_id, epoch, open_until }) => ({
      attempt_id,
      epoch,
      window_remaining_ms: open_until === null ? 0 : open_until - clock,
    })),
    seen: [],
    opening_event_id: memory.opening_event_id,
    clock: rowClock,
  };
}

/**
 * A decision as one line: `ES E1 E3 started`, `answer joined`, `ask`. Steps go by the names of registration.md 3.2; `R`
 * is a refresh, a guard stands in brackets, a side task behind a plus.
 */
export function lineOf(decision: Decision): string {
  switch (decision.kind) {
    case 'write': {
      const { change, reply, side, again } = decision;
      return [
        ...change.steps.map(stepName),
        ...(change.guard === null ? [] : [`[${change.guard}]`]),
        ...(reply === null ? [] : [reply.result]),
        ...(side === null ? [] : [`+${side.task}`]),
        ...(again ? ['again'] : []),
      ].join(' ');
    }
    case 'answer':
      return `answer ${decision.reply.result}`;
    default:
      return decision.kind;
  }
}

const edges: Readonly<Record<string, string>> = {
  accepted: 'E1',
  rejected: 'E2',
  awaiting_ack: 'E3',
  ack_received: 'E4',
  ack_timed_out: 'E5',
  active: 'E7',
  liveness_expired: 'E8',
};

export function stepName({ kind, to_state }: { readonly kind: string; readonly to_state: string }): string {
  if (kind === 'epoch_start') return 'ES';
  if (kind === 'retry') return 'E6';
  return kind === 'refresh' ? 'R' : (edges[to_state] ?? to_state);
}

/** The steps of a decision that writes. */
export function stepsOf(decision: Decision) {
  if (decision.kind !== 'write') throw new Error(`nothing is written: ${decision.kind}`);
  return decision.change.steps;
}

export function changeOf(decision: Decision) {
  if (decision.kind !== 'write') throw new Error(`nothing is written: ${decision.kind}`);
  return decision.change;
}

export function memoryAfter(decision: Decision): RegistrationMemory {
  if (decision.kind === 'write') return decision.change.memory;
  if (decision.kind === 'answer') return decision.memory;
  throw new Error(`no memory follows from ${decision.kind}`);
}
