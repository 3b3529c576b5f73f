/**
 * What a heartbeat means and what it is answered (registration.md 3.6). The set-based statement of the ingest decides the
 * same for many beats at once; this is the rule it is held to.
 */
import type { HeartbeatAnswer } from '../../contracts/node/answers.ts';
import type { Heartbeat } from '../../contracts/node/messages.ts';
import type {
  EdgeOutcome,
  HeartbeatResult,
  NextStep,
  RegistrationState,
  ReportedStatus,
} from '../../contracts/node/vocabulary.ts';
import { dampStatus, type StatusDamping, type StatusRecord } from './damping.ts';
import { isTerminal, requiresAck } from './states.ts';

/** What is stored of the node a beat speaks of. */
export interface HeartbeatRow extends StatusRecord {
  readonly state: RegistrationState;
  readonly epoch: number;
  /** As registered, or as last told; null when neither is known. */
  readonly node_version: string | null;
  readonly uptime_seconds: number | null;
  readonly node_sequence: number | null;
  readonly beats_since_active: number;
  /** To the next attempt, ms; null while no retry is due. */
  readonly retry_in_ms: number | null;
  /** An operator asked for an introspection that has not come yet. */
  readonly introspection_requested: boolean;
}

/** What a beat says that decides something. */
export type BeatFacts = Pick<Heartbeat, 'epoch' | 'status' | 'node_version' | 'uptime_seconds' | 'sequence'>;

export interface HeartbeatVerdict {
  readonly result: HeartbeatResult;
  readonly next: NextStep;
  readonly retry_after_ms: number | null;
  /** The receive time is stored (it never goes back). */
  readonly stores_telemetry: boolean;
  /** The other telemetry is, too: not where a later beat of the same process was faster. */
  readonly overwrites_telemetry: boolean;
  /** The liveness deadline moves. */
  readonly counts_for_life: boolean;
  /** What is stored of the status afterwards; null where nothing is. */
  readonly status: StatusRecord | null;
  /** The reported status changed, or this is the first beat after activation. */
  readonly edge: { readonly status: ReportedStatus; readonly first: boolean } | null;
}

/** How long a rejected node is told to wait before it announces itself again, ms. */
export const rejectedRetryMs = 60_000;

const undamped: StatusDamping = { healthy_beats: 1, unhealthy_beats: 1 };

/** Judges one beat against the row of its node; null for a node without one. */
export function judgeHeartbeat(
  row: HeartbeatRow | null,
  beat: BeatFacts,
  damping: StatusDamping = undamped,
): HeartbeatVerdict {
  if (row === null) return refusal('unknown_node', 'introspect');
  // Of an old process: it must not keep the new one alive, whatever state that is in.
  if (beat.epoch !== null && beat.epoch < row.epoch) return refusal('stale_epoch', 'stop');
  if (isTerminal(row.state)) {
    return refusal('ignored_terminal', 'introspect', row.state === 'rejected' ? rejectedRetryMs : null);
  }
  const overwrites = row.node_sequence === null || beat.sequence === null || beat.sequence >= row.node_sequence;
  const status = overwrites ? dampStatus(row, beat.status, damping) : statusOf(row);
  return {
    result: 'accepted',
    next: nextStep(row, beat),
    retry_after_ms: row.state === 'ack_timed_out' ? row.retry_in_ms : null,
    stores_telemetry: true,
    overwrites_telemetry: overwrites,
    counts_for_life: countsForLife(row.state),
    status,
    edge: statusEdge(row, status.reported_status ?? beat.status),
  };
}

/** What a node hears: where it stands, what to do next, and when. */
export function heartbeatAnswer(stored: StoredHeartbeat, { edge, nextHeartbeatMs }: AnswerTerms): HeartbeatAnswer {
  const offered = stored.state !== null && requiresAck(stored.state);
  return {
    result: stored.result,
    state: stored.state,
    epoch: stored.epoch,
    version: stored.version,
    attempt_id: stored.attempt_id,
    attempt_number: stored.attempt_number,
    ack_deadline: offered ? stored.ack_deadline : null,
    ack_in_ms: offered ? stored.ack_in_ms : null,
    next_heartbeat_in_ms: stored.next === 'stop' ? null : nextHeartbeatMs,
    next: stored.next,
    retry_after_ms: stored.retry_in_ms,
    reason: reasons[stored.result],
    edge,
  };
}

/** A beat as it was stored, of which the answer is made. */
export type StoredHeartbeat = Pick<
  HeartbeatAnswer,
  'result' | 'state' | 'epoch' | 'version' | 'attempt_id' | 'attempt_number' | 'ack_deadline' | 'ack_in_ms' | 'next'
> & { readonly retry_in_ms: number | null };

export interface AnswerTerms {
  readonly edge: EdgeOutcome;
  /** The told interval with jitter, ms. */
  readonly nextHeartbeatMs: number;
}

const reasons: Readonly<Record<HeartbeatResult, HeartbeatAnswer['reason']>> = {
  accepted: null,
  unknown_node: { code: 'unknown_node', text: 'the node is not registered in this domain' },
  stale_epoch: { code: 'stale_epoch', text: 'another process of this node has registered since' },
  ignored_terminal: { code: 'ignored_terminal', text: 'the registration has ended; introspect to begin another' },
};

function refusal(result: HeartbeatResult, next: NextStep, retryAfterMs: number | null = null): HeartbeatVerdict {
  return {
    result,
    next,
    retry_after_ms: retryAfterMs,
    stores_telemetry: false,
    overwrites_telemetry: false,
    counts_for_life: false,
    status: null,
    edge: null,
  };
}

function countsForLife(state: RegistrationState): boolean {
  return state === 'active' || state === 'ack_received';
}

function nextStep(row: HeartbeatRow, beat: BeatFacts): NextStep {
  if (row.state === 'pending_registration') return 'wait';
  if (requiresAck(row.state)) return 'ack';
  if (row.state === 'ack_timed_out') return row.retry_in_ms === null ? 'introspect' : 'wait';
  return row.introspection_requested || isAnotherProcess(row, beat) ? 'introspect' : 'heartbeat';
}

/**
 * The process began anew, was replaced by another version, or knows a later epoch than the row, which was set back then:
 * alive, but what is stored of it may be wrong.
 */
function isAnotherProcess(row: HeartbeatRow, beat: BeatFacts): boolean {
  const restarted = row.uptime_seconds !== null && beat.uptime_seconds < row.uptime_seconds;
  const replaced = row.node_version !== null && beat.node_version !== null && beat.node_version !== row.node_version;
  const isAhead = beat.epoch !== null && beat.epoch > row.epoch;
  return restarted || replaced || isAhead;
}

function statusEdge(row: HeartbeatRow, status: ReportedStatus): HeartbeatVerdict['edge'] {
  const first = row.state === 'active' && row.beats_since_active === 0;
  return first || status !== row.reported_status ? { status, first } : null;
}

function statusOf({ reported_status, pending_status_beats }: HeartbeatRow): StatusRecord {
  return { reported_status, pending_status_beats };
}
