/**
 * What the `registration` workflow says to its activities and its callers (registration.md 9), and what it remembers.
 * Everything here travels in Temporal payloads: plain JSON, no secrets.
 */
import type { Heartbeat, Introspection, NodeActor } from './messages.ts';
import type { LoadedRegistration, NotDue, PersistResult, RegistrationWrite, WriteGuard } from './projection.ts';
import type { JsonObject } from './row.ts';
import type { RegistrationSettings } from './settings.ts';
import type {
  AdmissionCode,
  DeadlineMode,
  NodePath,
  NodeType,
  RegistrationState,
  ReportedStatus,
} from './vocabulary.ts';

export interface RegistrationInput {
  readonly schema_version: 1;
  readonly entity_id: string;
  readonly domain: string;
  /** What the run before handed over, null at a first start. */
  readonly carried: RegistrationCarry | null;
  /** Lower limits than the server's, for tests. */
  readonly limits?: { readonly history_events?: number };
}

/** What the workflow knows of its node; below 32 KiB of JSON. Facts stay in Postgres. */
export interface RegistrationMemory {
  readonly state: RegistrationState | null;
  readonly epoch: number;
  readonly version: number;
  readonly attempt_id: string | null;
  readonly attempt_number: number;
  readonly node_type: NodeType | null;
  readonly node_version: string | null;
  readonly node_name: string | null;
  readonly component_ref: string | null;
  readonly instance_id: string | null;
  readonly facts_hash: string | null;
  readonly policy_revision: string | null;
  readonly path: NodePath;
  readonly reported_status: ReportedStatus | null;
  readonly reason_code: string | null;
  readonly rejection_reason: string | null;
  readonly expiry_reason: string | null;
  /** Of the introspection that opened the attempt. */
  readonly correlation_id: string | null;
  /** True when the node or an operator ended the attempt: no retry. */
  readonly withdrawn: boolean;
  /** Event that opened the current wait: offered or accepted, became_active, ack_timed_out. */
  readonly opening_event_id: string | null;
  /** RFC 3339, for answers and the card; never compared by the workflow. */
  readonly ack_deadline: string | null;
  readonly liveness_deadline: string | null;
  readonly last_beat_at: string | null;
  /** When something is due, ms of the workflow's own clock; null where nothing is. */
  readonly due: {
    readonly pending: number | null;
    readonly ack: number | null;
    readonly liveness: number | null;
    readonly retry: number | null;
    readonly retire: number | null;
  };
  /** Ids of messages and commands handled, newest first, at most 32. */
  readonly seen: readonly string[];
  /** Newest first, at most 8, the current one included; `open_until` by the workflow's own clock. */
  readonly attempts: readonly {
    readonly attempt_id: string;
    readonly epoch: number;
    readonly open_until: number | null;
  }[];
  readonly interval_ms: number;
  readonly mode: DeadlineMode;
  /** Message or event that opened the attempt: what admission and offer are caused by. */
  readonly attempt_cause_id?: string | null;
  /** When the attempt was opened, ms of the workflow's own clock. */
  readonly attempt_opened_at?: number | null;
  /** Facts hash as it were without a reported status: tells a change of health from a change of facts. */
  readonly facts_hash_without_status?: string | null;
  /** Whether the node named an endpoint `control` for offers made without a waiting call. */
  readonly has_control?: boolean;
  /** Of a message that wrote nothing; stored with the next step. */
  readonly performance_metrics?: JsonObject | null;
  /** Highest epoch ever begun, where the row was set back behind it: no epoch is given twice. */
  readonly highest_epoch?: number;
}

/** Handed from run to run by continue-as-new. */
export interface RegistrationCarry {
  readonly schema_version: 1;
  readonly memory: RegistrationMemory;
  readonly settings: WorkflowSettings;
  readonly pokes: readonly unknown[];
  readonly held_beat: HeldBeat | null;
}

/** The newest beat that came by signal and is not flushed yet. */
export interface HeldBeat {
  readonly beat: Heartbeat;
  /** Arrival, ms of the workflow's own clock. */
  readonly arrived_at: number;
  /** Last flush, by the same clock; null before the first. */
  readonly flushed_at: number | null;
}

/** The settings a workflow works with; they hold from the boot of a run to the next. */
export type WorkflowSettings = Omit<RegistrationSettings, 'admission'> & {
  readonly mode: DeadlineMode;
  readonly backstop_ms: number;
};

/** Answer of the query `snapshot`, at once. */
export interface RegistrationSnapshot {
  readonly entity_id: string;
  readonly domain: string;
  readonly state: RegistrationState | null;
  readonly epoch: number;
  readonly version: number;
  readonly attempt_id: string | null;
  readonly attempt_number: number;
  readonly ack_deadline: string | null;
  readonly liveness_deadline: string | null;
  readonly next_retry_at: string | null;
  readonly next_heartbeat_in_ms: number | null;
  readonly inbox_length: number;
  /** What the one timer stands for and when it fires, RFC 3339 by the workflow's clock. */
  readonly timer: { readonly purpose: string; readonly due_at: string } | null;
  readonly mode: DeadlineMode;
  /** Answer to the newest heartbeat signal; null before the first. */
  readonly heartbeat: { readonly result: string; readonly next: string | null } | null;
}

export interface RegistrationKey {
  readonly entity_id: string;
  readonly domain: string;
}

export interface LoadAnswer {
  /** Null when no row exists, or when the row belongs to a feed. */
  readonly registration: LoadedRegistration | null;
  readonly settings: WorkflowSettings;
}

export interface AdmissionRequest extends RegistrationKey {
  readonly epoch: number;
  /** The message to decide on; null = the facts stored with the row (a retry). */
  readonly message: Introspection | null;
}

export interface AdmissionDecision {
  readonly decision: 'accept' | 'reject';
  readonly code: AdmissionCode | null;
  /** 1-1024 characters when refused. */
  readonly reason: string | null;
  readonly policy_revision: string;
}

export interface GuardedWrite {
  readonly guard: WriteGuard;
  /** Epoch the guard speaks of. */
  readonly epoch: number;
  readonly write: RegistrationWrite;
}

export interface FlushRequest {
  readonly beat: Heartbeat;
  /** Since it arrived, ms: stored receive time = now - age. */
  readonly age_ms: number;
}

export interface FlushAnswer {
  /** As `HeartbeatAnswer.result`. */
  readonly result: 'accepted' | 'ignored_terminal' | 'stale_epoch' | 'unknown_node';
  /** Null without a status edge. */
  readonly edge: { readonly status: ReportedStatus; readonly first: boolean; readonly received_at: string } | null;
  readonly next: string | null;
  readonly last_heartbeat_at: string | null;
}

export interface OfferDelivery extends RegistrationKey {
  readonly epoch: number;
  readonly attempt_id: string;
  readonly ack_deadline: string;
  readonly ack_in_ms: number;
}

/** Activities of the workflow, all on the control queue (registration.md 9 "Activities"). */
export interface RegistrationActivities {
  loadRegistration(key: RegistrationKey): Promise<LoadAnswer>;
  decideAdmission(request: AdmissionRequest): Promise<AdmissionDecision>;
  persistTransitions(write: RegistrationWrite): Promise<PersistResult>;
  persistIf(request: GuardedWrite): Promise<PersistResult | NotDue>;
  flushBeat(request: FlushRequest): Promise<FlushAnswer>;
  /** Posts the offer to the endpoint `control` the node named; false when it named none or did not take it. */
  deliverOffer(request: OfferDelivery): Promise<{ readonly delivered: boolean }>;
}

/** What workflows tell the metrics of their worker; not on replay. Each is one sink of the worker. */
export interface RegistrationTelemetry {
  introspected(reason: string, result: string): void;
  acked(result: string): void;
  /** Seconds from the introspection to `active`, by the workflow's clock. */
  handshaken(seconds: number): void;
  /** A malformed or unknown message was dropped. */
  dropped(message: string): void;
  /** A step outside the table was asked for and refused, by the reducer or the projector. */
  refused(code: string): void;
}

/** Who speaks, for the `actor` of a step. */
export function actorText(actor: NodeActor): string {
  return `${actor.type}:${actor.id}`;
}
