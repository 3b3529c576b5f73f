/**
 * Rows of run control as the stores hand them on (runs.md 10). Times are RFC 3339 UTC by the clock of the database,
 * hashes lower-case hex, bigints numbers: no counter here reaches 2^53.
 */
import type { RunPolicy } from './settings.ts';
import type {
  BeatPath,
  ChangeSource,
  CommandOutcome,
  CommandStatus,
  CommandType,
  DesiredState,
  RunActorType,
  RunHealth,
  RunState,
  RuntimeStatus,
} from './vocabulary.ts';

export type RunDocumentValue = Readonly<Record<string, unknown>>;

/** The columns of `runs` that change, or that decisions rest on: everything but the documents a run was made with. */
export interface RunCore {
  readonly id: string;
  readonly experiment_id: string;
  readonly state: RunState;
  readonly desired_state: DesiredState;
  readonly state_version: number;
  readonly last_change_id: string;
  readonly attempt: number;
  /** Number of the last departure from healthy, 0 before the first. */
  readonly episode: number;
  /** Episode of this attempt that reached `unresponsive`; what is recommended once per episode, is so by this. */
  readonly unresponsive_episode: number | null;
  /** Of the page of `unresponsive_episode`: sent, held back, or resolved; null before one was due. */
  readonly page_state: PageState | null;
  readonly status_message: string | null;
  readonly runtime_status: RuntimeStatus | null;
  readonly health_status: RunHealth;
  readonly health_since: string;
  readonly grace_until: string | null;
  /** End of the grace of `terminating`; null elsewhere. */
  readonly terminate_deadline_at: string | null;
  readonly policy: RunPolicy;
  readonly state_entered_at: string;
  readonly attempt_granted_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly last_heartbeat_at: string | null;
  readonly current_step: number | null;
  readonly checkpoint_version: number | null;
  readonly samples_per_sec: number | null;
  readonly loss: number | null;
  readonly display_name: string | null;
  readonly owner: string | null;
  readonly created_by: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** `held`: its own page is kept back, by an incident or an override, and goes out when what holds it ends. */
export type PageState = 'open' | 'held' | 'resolved';

export interface RunRow extends RunCore {
  readonly version_id: string;
  readonly priority: number;
  readonly launch_manifest: RunDocumentValue;
  readonly overrides: RunDocumentValue;
  readonly body_hash: string;
}

/** The narrow table of beats: telemetry by ingest, mirror by `applyRunChange`. */
export interface RunLivenessRow {
  readonly run_id: string;
  readonly last_heartbeat_at: string | null;
  readonly last_contact_at: string | null;
  readonly beat_status: RuntimeStatus | null;
  readonly step: number | null;
  readonly checkpoint_version: number | null;
  readonly samples_per_sec: number | null;
  readonly loss: number | null;
  /** As last told to the agent. */
  readonly cadence_s: number;
  readonly via: BeatPath | null;
  readonly attempt: number;
  readonly run_state: RunState;
  readonly desired_state: DesiredState;
  readonly shown_status: RuntimeStatus | null;
  readonly health: RunHealth;
  readonly closed: boolean;
  readonly state_entered_at: string;
  readonly attempt_granted_at: string;
  readonly stale_after_s: number;
  readonly unresponsive_after_s: number;
  readonly paused_stale_after_s: number;
  readonly grace_until: string | null;
  readonly commands_pending: number;
}

/** The mirror: what the liveness row repeats of the run row. */
export type RunMirror = Pick<
  RunLivenessRow,
  | 'attempt'
  | 'run_state'
  | 'desired_state'
  | 'shown_status'
  | 'health'
  | 'closed'
  | 'state_entered_at'
  | 'attempt_granted_at'
  | 'stale_after_s'
  | 'unresponsive_after_s'
  | 'paused_stale_after_s'
  | 'grace_until'
  | 'commands_pending'
>;

/** Locked first by every durable change of the run. */
export interface RunCountersRow {
  readonly run_id: string;
  readonly transition_seq: number;
  readonly command_seq: number;
  readonly event_seq: number;
  readonly audit_seq: number;
  readonly audit_head: string;
}

export interface RunTransitionRow {
  readonly run_id: string;
  readonly seq: number;
  readonly from_state: RunState | null;
  readonly to_state: RunState;
  readonly attempt: number;
  readonly state_version: number;
  readonly changed_by: ChangeSource;
  readonly actor_type: TransitionActorType;
  readonly actor_id: string;
  readonly reason: string;
  readonly cause_id: string | null;
  readonly created_at: string;
}
/** Agents change the state of their run, but order nothing. */
export type TransitionActorType = RunActorType | 'agent';

export interface CommandRow {
  readonly id: string;
  readonly run_id: string;
  readonly seq: number;
  readonly type: CommandType;
  readonly payload: RunDocumentValue;
  readonly status: CommandStatus;
  readonly body_hash: string;
  readonly actor_type: RunActorType;
  readonly actor_id: string;
  readonly issued_at: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly delivered_at: string | null;
  readonly last_delivered_at: string | null;
  readonly delivery_attempt: number;
  readonly lease_expires_at: string | null;
  readonly acknowledged_at: string | null;
  readonly outcome: CommandOutcome | null;
  readonly outcome_message: string | null;
  readonly applied: RunDocumentValue | null;
  readonly ack_step: number | null;
  readonly late: boolean;
  /** Why it was closed without an ack; after an ack, `confirmed` or `unconfirmed`. */
  readonly closed_reason: string | null;
}
