/** What the run API answers (runs.md 5.6, 5.7, 6, 7, 9). Members are always there, null where they mean nothing. */
import type { ErrorBody } from '../error.ts';
import type { CommandRow, RunRow, RunTransitionRow } from './row.ts';
import type { ArtifactRow, AuditRow, ExperimentRow, TuneEventRow } from './record-rows.ts';
import type { ChainBreak, DesiredState, RunHealth, RunState, RuntimeStatus } from './vocabulary.ts';

/** What every answer about a run says of it. */
export interface RunSummary {
  readonly id: string;
  readonly state: RunState;
  readonly desired_state: DesiredState;
  readonly runtime_status: RuntimeStatus | null;
  readonly health_status: RunHealth;
  readonly attempt: number;
  /** 0 before the first beat of the attempt. */
  readonly current_step: number;
  readonly checkpoint_version: number;
}

/** Reply to a beat. Never the manifest. */
export interface HeartbeatReply extends RunSummary {
  /** Open commands. */
  readonly commands_pending: number;
  readonly next_heartbeat_in_s: number;
  /** The beat is stored; of the state change it asks for nothing is visible yet. */
  readonly state_pending?: true;
  /** With a compact body only. */
  readonly accepted?: true;
  readonly correlation_id?: string;
}

export interface HeartbeatBatchItem extends Partial<HeartbeatReply> {
  readonly index: number;
  readonly run_id: string | null;
  /** HTTP status of this item. */
  readonly status: number;
  readonly code?: string;
  readonly error?: ErrorBody;
}

type InternalColumns =
  | 'last_change_id'
  | 'body_hash'
  | 'unresponsive_episode'
  | 'page_state'
  | 'current_step'
  | 'checkpoint_version';

/** A run as it is read: live telemetry while it is open. */
export interface RunDocument extends Omit<RunRow, InternalColumns>, RunSummary {
  readonly last_contact_at: string | null;
  /** Running or paused and silent for longer than `stale_after_s`; display only. */
  readonly overdue: boolean;
  readonly commands_pending: number;
}

/** A command as it is read; its hash is internal. */
export type CommandRecord = Omit<CommandRow, 'body_hash'>;

export interface CommandAnswer {
  readonly command: CommandRecord;
  /** 202 for `created`, else 200. */
  readonly disposition: 'created' | 'existing' | 'merged';
  /** Of the run after acceptance. */
  readonly state: RunState;
  readonly desired_state: DesiredState;
}

/** `GET …/commands/next`. */
export type NextCommandAnswer =
  | { readonly kind: 'command'; readonly command: CommandRecord; readonly desired_state: DesiredState }
  | { readonly kind: 'nothing'; readonly desired_state: DesiredState; readonly retry_after_s: number | null };

export interface ChainReport {
  readonly ok: boolean;
  /** Rows read. */
  readonly length: number;
  /** `chain_seq` of the first row that cannot be trusted, or the first that is missing; null when all are sound. */
  readonly first_broken: number | null;
  readonly reason: ChainBreak | null;
}

interface Paged {
  readonly next_page_token: string | null;
}
export interface RunPageAnswer extends Paged {
  readonly runs: readonly RunDocument[];
}
export interface CommandPage extends Paged {
  readonly commands: readonly CommandRecord[];
}
export interface TransitionPage extends Paged {
  readonly transitions: readonly RunTransitionRow[];
}
export interface ArtifactPage extends Paged {
  readonly artifacts: readonly ArtifactRow[];
}
export interface TuneEventPage extends Paged {
  readonly tune_events: readonly TuneEventRow[];
}
export interface AuditPage extends Paged {
  readonly entries: readonly AuditRow[];
}
export interface ExperimentPage extends Paged {
  readonly experiments: readonly ExperimentRow[];
}
