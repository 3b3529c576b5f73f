/**
 * What a registration workflow knows of its node between two messages (registration.md 9 "Continue-as-new"): how it
 * begins, how it is read from the row, and how the answer to a write moves it on. Deadlines are kept as moments of the
 * workflow's own clock, made from what the database says remains.
 */
import type { LoadedRegistration, NotDue, RowClock } from '../../contracts/node/projection.ts';
import type { RegistrationMemory, WorkflowSettings } from '../../contracts/node/workflow.ts';
import { requiresAck, requiresLiveness } from './states.ts';

/** A deadline counts as passed only after this much more, ms: the database decides, and clocks differ a little. */
export const dueMarginMs = 100;
/** A decision that is missing this long is asked for again, ms (registration.md 3.1). */
export const pendingLimitMs = 60_000;
export const rememberedIds = 32;
export const rememberedAttempts = 8;

/** Why an attempt has ended that was offered and not acknowledged. */
export const withdrawnCode = 'withdrawn';

export function emptyMemory(settings: WorkflowSettings): RegistrationMemory {
  return {
    state: null,
    epoch: 0,
    version: 0,
    attempt_id: null,
    attempt_number: 0,
    node_type: null,
    node_version: null,
    node_name: null,
    component_ref: null,
    instance_id: null,
    facts_hash: null,
    policy_revision: null,
    path: 'gateway',
    reported_status: null,
    reason_code: null,
    rejection_reason: null,
    expiry_reason: null,
    correlation_id: null,
    withdrawn: false,
    opening_event_id: null,
    ack_deadline: null,
    liveness_deadline: null,
    last_beat_at: null,
    due: { pending: null, ack: null, liveness: null, retry: null, retire: null },
    seen: [],
    attempts: [],
    interval_ms: settings.heartbeat_interval_ms,
    mode: settings.mode,
    attempt_cause_id: null,
    attempt_opened_at: null,
    facts_hash_without_status: null,
    has_control: false,
    performance_metrics: null,
  };
}

/**
 * The memory that a row stands for.
 *
 * @param before what was known until now: ids of messages that wrote nothing are only there
 * @param now the workflow's own clock, ms
 */
export function memoryOf(
  loaded: LoadedRegistration,
  before: RegistrationMemory,
  settings: WorkflowSettings,
  now: number,
): RegistrationMemory {
  const { row, clock } = loaded;
  const sameAttempt = before.attempt_id !== null && before.attempt_id === row.attempt_id;
  const highest = Math.max(before.highest_epoch ?? 0, before.epoch);
  const sameFacts = before.facts_hash !== null && before.facts_hash === row.facts_hash;
  const memory: RegistrationMemory = {
    state: row.current_state,
    epoch: row.epoch,
    version: row.version,
    attempt_id: row.attempt_id,
    attempt_number: row.attempt_number,
    node_type: row.node_type,
    node_version: row.node_version,
    node_name: row.node_name,
    component_ref: row.component_ref ?? row.component_id,
    instance_id: row.instance_id,
    facts_hash: row.facts_hash,
    policy_revision: row.policy_revision,
    path: loaded.liveness?.path ?? row.path,
    reported_status: row.reported_status,
    reason_code: row.reason_code,
    rejection_reason: row.rejection_reason,
    expiry_reason: row.expiry_reason,
    correlation_id: row.correlation_id,
    withdrawn: row.reason_code === withdrawnCode,
    opening_event_id: loaded.opening_event_id,
    ack_deadline: null,
    liveness_deadline: null,
    last_beat_at: row.last_heartbeat_at,
    due: before.due,
    seen: [...new Set([...before.seen, ...loaded.seen])].slice(0, rememberedIds),
    attempts: loaded.attempts.slice(0, rememberedAttempts).map(({ attempt_id, epoch, window_remaining_ms }) => ({
      attempt_id,
      epoch,
      open_until: window_remaining_ms > 0 ? now + window_remaining_ms : null,
    })),
    interval_ms: clock.interval_ms,
    mode: clock.mode,
    attempt_cause_id: sameAttempt ? (before.attempt_cause_id ?? null) : loaded.opening_event_id,
    attempt_opened_at: row.attempt_started_at === null ? null : now - age(row.attempt_started_at, clock.now),
    facts_hash_without_status: sameFacts ? (before.facts_hash_without_status ?? null) : null,
    has_control: row.endpoints['control'] !== undefined,
    performance_metrics: before.performance_metrics ?? null,
    ...(highest > row.epoch ? { highest_epoch: highest } : {}),
  };
  return withClock(memory, clock, settings, now);
}

/** The memory after its row was read or written: deadlines, retry and retirement follow from the state and the clock. */
export function withClock(
  memory: RegistrationMemory,
  clock: RowClock,
  settings: WorkflowSettings,
  now: number,
): RegistrationMemory {
  const { state, attempt_id: current } = memory;
  const watchesAck = state !== null && requiresAck(state);
  const watchesLiveness = state !== null && requiresLiveness(state);
  const ackEnd = watchesAck && clock.ack_remaining_ms !== null ? now + clock.ack_remaining_ms : null;
  const retry = state === 'ack_timed_out' && clock.retry_remaining_ms !== null ? now + clock.retry_remaining_ms : null;
  return {
    ...memory,
    ack_deadline: watchesAck ? clock.ack_deadline : null,
    liveness_deadline: watchesLiveness ? clock.liveness_deadline : null,
    due: {
      pending: state === 'pending_registration' ? now + pendingLimitMs : null,
      ack: ackEnd === null ? null : ackEnd + dueMarginMs,
      liveness:
        watchesLiveness && clock.liveness_remaining_ms !== null
          ? now + clock.liveness_remaining_ms + dueMarginMs
          : null,
      retry,
      retire: mayRetire(memory, retry) ? now + settings.retire_after_ms : null,
    },
    attempts:
      ackEnd === null
        ? memory.attempts
        : memory.attempts.map((known) => (known.attempt_id === current ? { ...known, open_until: ackEnd } : known)),
    interval_ms: clock.interval_ms,
    mode: clock.mode,
  };
}

/** The memory after a deadline turned out not to have passed: it is looked at again when the database said. */
export function withNewTime(
  memory: RegistrationMemory,
  deadline: 'ack' | 'liveness',
  notDue: Pick<NotDue, 'remaining_ms' | 'mode' | 'interval_ms' | 'ack_deadline' | 'liveness_deadline'>,
  now: number,
): RegistrationMemory {
  return {
    ...postponed(memory, deadline, now + notDue.remaining_ms + dueMarginMs),
    ack_deadline: memory.ack_deadline === null ? null : notDue.ack_deadline,
    liveness_deadline: memory.liveness_deadline === null ? null : notDue.liveness_deadline,
    interval_ms: notDue.interval_ms,
    mode: notDue.mode,
  };
}

/** One deadline moved, by the workflow's own clock. */
export function postponed(memory: RegistrationMemory, deadline: keyof RegistrationMemory['due'], at: number | null) {
  return { ...memory, due: { ...memory.due, [deadline]: at } } satisfies RegistrationMemory;
}

/** The memory after a message was handled: its id is known, and a node that is only remembered stays a while longer. */
export function heard(memory: RegistrationMemory, ids: readonly string[], settings: WorkflowSettings, now: number) {
  const seen = ids.length === 0 ? memory.seen : [...new Set([...ids, ...memory.seen])].slice(0, rememberedIds);
  const retire = memory.due.retire === null ? null : now + settings.retire_after_ms;
  return { ...memory, seen, due: { ...memory.due, retire } } satisfies RegistrationMemory;
}

/** Both times are the database's. */
function age(since: string, databaseNow: string): number {
  return Math.max(0, Date.parse(databaseNow) - Date.parse(since));
}

/** Nothing more happens by itself: only a message leads on, and the row can be read without a workflow. */
function mayRetire({ state }: RegistrationMemory, retry: number | null): boolean {
  return state === 'rejected' || state === 'liveness_expired' || (state === 'ack_timed_out' && retry === null);
}
