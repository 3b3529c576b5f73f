/**
 * What the `run` workflow says to its callers and activities (runs.md 12), and what it remembers. Everything travels in
 * Temporal payloads: plain JSON, no secrets.
 */
import type { CommandRecord, RunSummary } from './answers.ts';
import type { Command, CommandAck, CommandEnvelope } from './command.ts';
import type { RunHeartbeat } from './heartbeat.ts';
import type { AuditDraft, ProjectionAnswer, RequestOrigin, RunChange, StoredRun } from './projection.ts';
import type { CreateRun, OverrideHealth, ResetRun, RunReport } from './requests.ts';
import type { RunPolicy, RunSettings } from './settings.ts';
import type {
  BeatPath,
  CommandDisposition,
  CommandOutcome,
  CommandStatus,
  CommandType,
  RunDeadlineKind,
  RuntimeStatus,
} from './vocabulary.ts';
import type { DbInstant, RunCarried, RunCounters } from './memory.ts';

export type RunWorkflowInput = {
  readonly schema_version: 1;
  readonly run_id: string;
  readonly settings: RunSettings;
  /** Lower limits than the server's, for tests. */
  readonly limits?: { readonly signals?: number; readonly updates?: number; readonly history_events?: number };
} & (
  | { readonly mode: 'create'; readonly create: CreateRunOrder }
  /** State is read from the row. */
  | { readonly mode: 'adopt' }
  | { readonly mode: 'continue'; readonly carried: RunCarried }
);

export interface CreateRunOrder {
  readonly request: CreateRun & { readonly id: string };
  readonly policy: RunPolicy;
  readonly body_hash: string;
  readonly nonce: string;
  readonly origin: RequestOrigin | null;
}

/** Gateway → workflow: the beat is stored already. */
export interface RunStatusEdge {
  readonly attempt: number;
  readonly status: RuntimeStatus;
  readonly step: number;
  readonly checkpoint_version: number;
  /** Database clock, RFC 3339. */
  readonly received_at: string;
  readonly via: BeatPath;
  /** With `errored`: what the agent says went wrong. */
  readonly notes: string | null;
}

/** Update `submitCommand`. */
export interface SubmitCommand {
  readonly command: Command;
  readonly body_hash: string;
  readonly nonce: string;
  readonly origin: RequestOrigin | null;
}
export interface SubmittedCommand {
  readonly record: CommandRecord;
  /** Of the request that created the row. */
  readonly nonce: string | null;
  readonly disposition: CommandDisposition;
  readonly run: RunSummary;
}

export interface ReportRequest {
  readonly report: RunReport & { readonly actor: NonNullable<RunReport['actor']> };
  readonly origin: RequestOrigin | null;
}
export interface ResetRequest {
  readonly reset: ResetRun & { readonly actor: NonNullable<ResetRun['actor']> };
  readonly origin: RequestOrigin | null;
}
export interface OverrideRequest {
  readonly override: OverrideHealth & { readonly actor: NonNullable<OverrideHealth['actor']> };
  readonly origin: RequestOrigin | null;
}

/** An acknowledgement that is stored: what `recordAck` answers, and what the reducer is told. */
export interface AckNotice {
  readonly command_id: string;
  readonly type: CommandType;
  readonly outcome: CommandOutcome;
  readonly late: boolean;
  /** RFC 3339, database clock. */
  readonly acknowledged_at: string;
}
/** Signal `ack`, of gateway, relay or agent alike: whether it is stored already shows when it is recorded once more. */
export type DirectAck = CommandAck & { readonly command_id: string };
/** Signal `command`. */
export type DirectCommand = CommandEnvelope;

/** Signal `livenessHint`: a reason to look. */
export interface LivenessHint {
  readonly incident_id?: string | null;
}

/** Query `snapshot`. */
export interface RunSnapshot extends RunSummary {
  readonly state_version: number;
  readonly health_since: string;
  readonly episode: number;
  readonly incident_id: string | null;
  readonly commands: readonly { readonly id: string; readonly type: CommandType; readonly status: CommandStatus }[];
  /** What the one timer stands for; null when nothing is due. */
  readonly timer: { readonly kind: RunDeadlineKind; readonly due_at: string } | null;
  readonly inbox_length: number;
  readonly counters: RunCounters;
}

/** One look at the liveness row, every instant from the same reading. */
export interface LivenessReading {
  readonly now: DbInstant;
  readonly stored: StoredRun;
  readonly beat: {
    readonly attempt: number;
    readonly last_heartbeat_at: DbInstant | null;
    readonly status: RuntimeStatus | null;
    readonly step: number | null;
    readonly checkpoint_version: number | null;
    readonly cadence_s: number;
    readonly via: BeatPath | null;
    readonly grace_until: DbInstant | null;
  } | null;
  /** Rows of `component_liveness`; null when missing. */
  readonly ingest: { readonly up_since: DbInstant; readonly last_seen: DbInstant } | null;
  readonly sweep: { readonly up_since: DbInstant; readonly last_seen: DbInstant } | null;
  /** An open incident of mass silence. */
  readonly incident_id: string | null;
}

export type StoreBeatRequest = { readonly beat: RunHeartbeat; readonly age_ms: number };
export interface StoreBeatAnswer {
  readonly code: string | null;
  readonly edge: RunStatusEdge | null;
}

/** Activities of the workflow, all on the control queue. */
export interface RunActivities {
  loadRun(
    runId: string,
  ): Promise<{ readonly stored: StoredRun; readonly body_hash: string; readonly now: string } | null>;
  applyRunChange(change: RunChange): Promise<ProjectionAnswer>;
  /** Local: ages, commands, paths and incident in one statement; null without a row. */
  readLiveness(runId: string): Promise<LivenessReading | null>;
  /** A beat that came by signal. */
  storeBeat(request: StoreBeatRequest): Promise<StoreBeatAnswer>;
  /** The same idempotent operation as the gateway's; null for a command the run does not have. */
  recordAck(runId: string, ack: DirectAck): Promise<AckNotice | null>;
  /** Refused and merged requests that came by signal. */
  recordAudit(runId: string, entry: AuditDraft): Promise<void>;
  /** The record of a command, for answers. */
  readCommand(runId: string, commandId: string): Promise<CommandRecord | null>;
}

/** What workflows tell the metrics of their worker. */
export interface RunTelemetry {
  transitioned(from: string, to: string): void;
  healthChanged(from: string, to: string, severity: string): void;
  projected(result: string): void;
  dropped(signal: string, code: string): void;
}
