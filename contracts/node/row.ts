/**
 * The projection of a node that everybody reads (registration.md 6.1), a transition of it (6.3) and its telemetry
 * (6.2), as they are served: the columns, flat, times as RFC 3339 UTC with milliseconds, counters as numbers.
 */
import type {
  ContractType,
  DataProvenance,
  ExpiryReason,
  NodePath,
  NodeType,
  OrderingMode,
  RegistrationState,
  ReportedStatus,
  TransitionKind,
} from './vocabulary.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What follows from the facts of an introspection: written together, by one derivation (`domain/registration`). */
export interface FactsColumns {
  readonly node_type: NodeType;
  readonly node_version: string;
  readonly node_name: string | null;
  readonly component_id: string | null;
  readonly component_ref: string | null;
  readonly instance_id: string | null;
  /** Effective: discovered, overlaid by declared, completed by the contract. */
  readonly capabilities: JsonObject;
  /** The three inputs. */
  readonly capability_sources: {
    readonly declared: JsonObject;
    readonly discovered: JsonObject;
    readonly contract: JsonObject | null;
  };
  readonly contract_type: ContractType | null;
  readonly contract_version: string | null;
  /** Sorted, without duplicates, as the four below. */
  readonly intent_types: readonly string[];
  readonly protocols: readonly string[];
  readonly capability_tags: readonly string[];
  readonly subscribe_topics: readonly string[];
  readonly publish_topics: readonly string[];
  readonly endpoints: Readonly<Record<string, string>>;
  readonly metadata: JsonObject;
  readonly feature_flags: Readonly<Record<string, boolean>>;
}

/** One row of `registration_projections`. */
export interface NodeRow extends FactsColumns {
  readonly entity_id: string;
  readonly domain: string;
  readonly current_state: RegistrationState;
  readonly state_entered_at: string;
  readonly performance_metrics: JsonObject | null;
  readonly facts_hash: string | null;
  readonly policy_revision: string | null;
  readonly path: NodePath;
  readonly epoch: number;
  readonly version: number;
  readonly attempt_id: string | null;
  readonly attempt_number: number;
  readonly attempt_started_at: string | null;
  readonly next_retry_at: string | null;
  readonly ack_deadline: string | null;
  readonly liveness_deadline: string | null;
  readonly last_heartbeat_at: string | null;
  readonly ack_timeout_emitted_at: string | null;
  readonly liveness_timeout_emitted_at: string | null;
  readonly reported_status: ReportedStatus | null;
  readonly reason_code: string | null;
  readonly rejection_reason: string | null;
  readonly expiry_reason: ExpiryReason | null;
  readonly flap_count: number;
  readonly flap_period_started_at: string | null;
  readonly flapping_until: string | null;
  readonly ordering_mode: OrderingMode;
  readonly last_applied_event_id: string;
  readonly last_applied_sequence: number | null;
  readonly last_applied_offset: number;
  readonly last_applied_partition: string | null;
  readonly correlation_id: string | null;
  readonly data_provenance: DataProvenance;
  readonly registered_at: string;
  readonly updated_at: string;
}

/** One row of `node_liveness`: the newest telemetry, and copies of what the hot path must know. */
export interface NodeLivenessRow {
  readonly entity_id: string;
  readonly domain: string;
  readonly epoch: number;
  readonly attempt_id: string | null;
  readonly state: RegistrationState;
  readonly state_entered_at: string;
  readonly path: NodePath;
  readonly interval_ms: number;
  readonly window_ms: number;
  readonly last_heartbeat_at: string | null;
  readonly beats_since_active: number;
  readonly reported_status: ReportedStatus | null;
  readonly pending_status_beats: number;
  readonly uptime_seconds: number | null;
  readonly active_operations_count: number | null;
  readonly memory_usage_mb: number | null;
  readonly cpu_usage_percent: number | null;
  readonly node_version: string | null;
  readonly node_sequence: number | null;
  readonly node_clock_at: string | null;
  readonly ack_command_id: string | null;
  readonly ack_received_at: string | null;
  readonly last_poked_at: string | null;
  readonly introspection_requested_at: string | null;
}

/** One row of `registration_transitions`. */
export interface TransitionRow {
  readonly id: number;
  readonly entity_id: string;
  readonly domain: string;
  readonly epoch: number | null;
  readonly version: number | null;
  readonly kind: TransitionKind;
  readonly from_state: RegistrationState | null;
  readonly to_state: RegistrationState;
  readonly event_id: string;
  readonly cause_id: string | null;
  readonly correlation_id: string | null;
  readonly attempt_id: string | null;
  readonly actor: string;
  readonly reason_code: string | null;
  readonly deadline_at: string | null;
  readonly occurred_at: string;
}
