/**
 * What the workflow of a run remembers, and hands to its next run by continue-as-new (runs.md 12). Plain JSON; times by
 * the clock of the database unless said otherwise.
 */
import type { RunHeartbeat } from './heartbeat.ts';
import type { PageState } from './row.ts';
import type { RunPolicy } from './settings.ts';
import type {
  CommandOutcome,
  CommandStatus,
  CommandType,
  DesiredState,
  RunDeadlineKind,
  RunHealth,
  RunState,
  RuntimeStatus,
} from './vocabulary.ts';

/** Milliseconds on the clock of the database. */
export type DbInstant = number;

/** What the reducer knows of its run. Times by the clock of the database, ms. */
export interface RunMemory {
  readonly run_id: string;
  readonly experiment_id: string | null;
  readonly owner: string | null;
  /** Null before the first projection. */
  readonly state: RunState | null;
  readonly desired_state: DesiredState;
  readonly attempt: number;
  readonly state_version: number;
  readonly runtime_status: RuntimeStatus | null;
  readonly health: RunHealth;
  readonly health_since: DbInstant;
  readonly episode: number;
  readonly unresponsive_episode: number | null;
  readonly page_state: PageState | null;
  readonly status_message: string | null;
  readonly state_entered_at: DbInstant;
  readonly grace_until: DbInstant | null;
  readonly terminate_deadline_at: DbInstant | null;
  readonly policy: RunPolicy;
  readonly body_hash: string;
  /** Nonce of the request that created the run. */
  readonly nonce: string | null;
  /** Step and checkpoint at the last look, for the card. */
  readonly step: number;
  readonly checkpoint_version: number;
  /** Since when silence counts, as of the last look; null before one. */
  readonly heard_at: DbInstant | null;
  /** As last told to the agent, s. */
  readonly told_cadence_s: number;
  /** Arrival of the newest beat that was reduced: an older one that comes later says nothing. */
  readonly last_edge_at: DbInstant | null;
  /** Last look at the liveness row. */
  readonly looked_at: DbInstant;
  /** The path was down at the last look: look again then. */
  readonly look_again_at: DbInstant | null;
  /** Open, or acknowledged and unfinished; by sequence. */
  readonly commands: readonly RememberedCommand[];
  /** The first terminate of this run; null while there was none. */
  readonly terminate_id: string | null;
  /** Newest last, at most 200. */
  readonly recent_commands: readonly RecentCommand[];
  readonly incident_id: string | null;
}

export interface RememberedCommand {
  readonly id: string;
  readonly seq: number;
  readonly type: CommandType;
  /** Null after continue-as-new until the row has been read again. */
  readonly payload: Readonly<Record<string, unknown>> | null;
  readonly status: CommandStatus;
  readonly expires_at: DbInstant | null;
  readonly acknowledged_at: DbInstant | null;
  readonly outcome: CommandOutcome | null;
}

export interface RecentCommand {
  readonly id: string;
  readonly body_hash: string;
  /** Of the request that created it; null for one that came by signal or was adopted. */
  readonly nonce: string | null;
  /** The terminate it was merged into: no row has this id. */
  readonly merged_into: string | null;
}

/** Handed from run to run by continue-as-new: below 256 KiB of JSON at the worst. */
export interface RunCarried {
  readonly schema_version: 1;
  readonly memory: RunMemory;
  readonly deadlines: readonly { readonly kind: RunDeadlineKind; readonly at: DbInstant }[];
  readonly inbox: readonly CarriedItem[];
  readonly held_beat: HeldRunBeat | null;
  readonly counters: RunCounters;
}

/** The newest beat that came by signal and is not stored yet; `arrived_at` by the workflow's own clock, ms. */
export interface HeldRunBeat {
  readonly beat: RunHeartbeat;
  readonly arrived_at: number;
  readonly stored_at: number | null;
}

/** Signals that came too late for the run before. */
export type CarriedItem =
  | { readonly item: 'command'; readonly value: unknown }
  | { readonly item: 'ack'; readonly value: unknown }
  | { readonly item: 'hint'; readonly value: unknown };

export interface RunCounters {
  readonly signals: number;
  readonly updates: number;
  readonly dropped: number;
}
