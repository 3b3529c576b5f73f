/**
 * What the workflow asks the projector to write, and what the projector answers (registration.md 3.2, 3.3, 7).
 *
 * A write names steps; what a step does to the times of the row (deadlines, markers, `state_entered_at`, …) follows from
 * the step alone, by the table in `domain/registration`, and is computed on the clock of the database after the row is
 * locked. So no deadline ever travels from a workflow to the database.
 */
import type { NodeEventPayload, NodeEventType } from '../event.ts';
import type { FactsColumns, JsonObject, NodeLivenessRow, NodeRow } from './row.ts';
import type {
  DataProvenance,
  DeadlineMode,
  ExpiryReason,
  NodePath,
  NodeType,
  OrderingMode,
  RegistrationState,
  ReportedStatus,
  TransitionKind,
} from './vocabulary.ts';

/** Order of a write within its row; the fields of one mode are given. */
export interface Ordering {
  readonly epoch?: number | null;
  readonly version?: number | null;
  readonly sequence?: number | null;
  readonly offset?: number | null;
  readonly partition?: string | null;
}

export type OrderingVerdict = 'newer' | 'duplicate' | 'stale';

/**
 * The event of a step: its type, and the members of its payload that the workflow knows. Times and the capability
 * snapshot are filled in by the one builder at the moment of writing.
 */
export interface StepEvent<T extends NodeEventType = NodeEventType> {
  readonly type: T;
  readonly payload: Partial<NodeEventPayload<T>>;
}

/** One version: new state or refresh, one transition row, one event. */
export interface RegistrationStep {
  readonly ordering: Ordering;
  readonly event_id: string;
  readonly kind: TransitionKind;
  readonly from_state: RegistrationState | null;
  readonly to_state: RegistrationState;
  readonly cause_id: string | null;
  readonly correlation_id: string | null;
  readonly actor: string;
  readonly reason_code: string | null;
  /** Only for E5 with attempts left: back-off to `next_retry_at`, ms. */
  readonly retry_in_ms: number | null;
  /** Null for imports, which announce nothing. */
  readonly event: StepEvent | null;
  /** Carried into the envelope when the expiry belongs to a mass event; else the projector looks for an open incident. */
  readonly incident_id: string | null;
}

/**
 * The row as the workflow knows it after the last step. Facts are given when a step writes them; null keeps what is
 * stored. A row whose facts do not have `facts_hash` (older database restored, row lost) keeps what it has, and the node
 * is asked to introspect again.
 */
export interface RowImage {
  readonly current_state: RegistrationState;
  readonly epoch: number;
  readonly version: number;
  readonly attempt_id: string | null;
  readonly attempt_number: number;
  readonly node_type: NodeType;
  readonly node_version: string;
  readonly node_name: string | null;
  readonly instance_id: string | null;
  readonly facts_hash: string | null;
  readonly facts: FactsColumns | null;
  readonly performance_metrics: JsonObject | null;
  readonly policy_revision: string | null;
  readonly path: NodePath;
  readonly reported_status: ReportedStatus | null;
  readonly reason_code: string | null;
  readonly rejection_reason: string | null;
  readonly expiry_reason: ExpiryReason | null;
  readonly correlation_id: string | null;
}

export interface RegistrationWrite {
  readonly entity_id: string;
  readonly domain: string;
  readonly row: RowImage;
  /** 1-4, all or none; leading duplicates are skipped. */
  readonly steps: readonly RegistrationStep[];
}

/** A row of a feed (registration.md 7 "External feeds"): everything but what the projector keeps itself. */
export interface FeedWrite {
  readonly entity_id: string;
  readonly domain: string;
  readonly ordering_mode: Exclude<OrderingMode, 'workflow'>;
  readonly ordering: Ordering;
  readonly event_id: string;
  readonly cause_id: string | null;
  readonly actor: string;
  readonly data_provenance: DataProvenance;
  readonly current_state: RegistrationState;
  readonly facts: FactsColumns;
  readonly ack_deadline: string | null;
  readonly liveness_deadline: string | null;
  readonly last_heartbeat_at: string | null;
  readonly correlation_id: string | null;
}

/** Where the row stands after a write or a refusal, on the database's clock. */
export interface RowClock {
  readonly now: string;
  readonly ack_deadline: string | null;
  readonly liveness_deadline: string | null;
  readonly next_retry_at: string | null;
  readonly state_entered_at: string | null;
  /** To the effective deadlines, ms, never below 0; null where none is watched. */
  readonly ack_remaining_ms: number | null;
  readonly liveness_remaining_ms: number | null;
  readonly retry_remaining_ms: number | null;
  /** Told to nodes, before jitter, ms. */
  readonly interval_ms: number;
  readonly mode: DeadlineMode;
}

export interface PersistResult extends RowClock {
  readonly outcome: 'applied' | 'duplicate' | 'stale';
  /** Whether the event id of the last step had been written before: a repetition of ourselves. */
  readonly known: boolean;
  readonly epoch: number;
  readonly version: number;
  readonly state: RegistrationState;
  /** True when facts of the row are not those the workflow named: the node has been asked to introspect. */
  readonly facts_missing: boolean;
}

/** Conditions re-read under lock (registration.md 7). */
export const writeGuards = ['ack_in_time', 'ack_overdue', 'liveness_overdue'] as const;
export type WriteGuard = (typeof writeGuards)[number];

export const notDueReasons = ['early', 'late', 'receipt', 'hold', 'state_changed', 'epoch_changed'] as const;
export type NotDueReason = (typeof notDueReasons)[number];

export interface NotDue extends RowClock {
  readonly outcome: 'not_due';
  /**
   * `late` answers `ack_in_time` after the effective deadline without a receipt in time; `receipt` answers `ack_overdue`
   * when one is there; `hold` while the path of the node is down.
   */
  readonly why: NotDueReason;
  /** Until it is worth looking again, ms. */
  readonly remaining_ms: number;
  readonly receipt: AckReceipt | null;
  readonly row: NodeRow | null;
}

export interface AckReceipt {
  readonly command_id: string;
  readonly received_at: string;
}

/** Names the time-out announced in this epoch, from `loadRegistration`. */
export interface LoadedRegistration {
  readonly row: NodeRow;
  readonly liveness: NodeLivenessRow | null;
  /** Attempts of this entity whose id is known, newest first, at most 8, the current one included. */
  readonly attempts: readonly KnownAttempt[];
  /** Ids of messages and commands that caused steps, newest first, at most 32. */
  readonly seen: readonly string[];
  /** Event that opened the current wait: offered or accepted, became_active, ack_timed_out. */
  readonly opening_event_id: string | null;
  readonly clock: RowClock;
}

/** An attempt and how long its ack window is open. */
export interface KnownAttempt {
  readonly attempt_id: string;
  readonly epoch: number;
  /** Remaining window, ms; 0 when it has elapsed or never opened. */
  readonly window_remaining_ms: number;
}
