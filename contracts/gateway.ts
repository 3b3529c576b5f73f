/**
 * Shapes of the gateway that the command line shares with it: handshake, status, stage-run routes
 * (platform.md 2, 5; stages.md 6.1). Registry routes carry the shapes of `registry.ts`.
 */

import type { ErrorBody } from './error.ts';
import type {
  RunReport,
  RunState,
  Stage,
  StageEvent,
  StagePlan,
  StageRunRequest,
  StageRunSummary,
  Status,
} from './stage.ts';

/** Raised when an older command line could no longer talk to the stack. */
export const protocolNumber = 1;

/** `GET /api/v1/handshake`. */
export interface Handshake {
  readonly protocol: number;
  readonly version: string;
  readonly node: string;
  readonly instance_id: string;
  readonly host_id: string;
  readonly pid: number;
}

export type PartName = 'postgres' | 'temporal' | 'control' | 'host' | 'api';
export type PartState = 'external' | 'stopped' | 'starting' | 'ready' | 'failed';

/** `omnibase status --json` (platform.md 2). */
export interface StackStatus {
  readonly schema_version: 1;
  readonly state: 'stopped' | 'starting' | 'ready' | 'degraded';
  readonly version: string;
  readonly node: string;
  readonly parts: readonly PartStatus[];
  readonly urls: StackUrls;
}

export interface PartStatus {
  readonly name: PartName;
  readonly state: PartState;
  readonly pid: number | null;
  readonly restarts: number;
  readonly uptime_s: number;
  readonly rss_bytes: number | null;
  readonly detail?: string;
}

export interface StackUrls {
  /** Origin without path. */
  readonly api: string | null;
  /** host:port of the Temporal frontend. */
  readonly temporal: string | null;
  readonly web_ui: string | null;
  /** Without password; `omnibase db url` prints the whole. */
  readonly database: string | null;
  /** Path of the unix socket that serves the gateway. */
  readonly socket: string;
}

/** What the supervisor hands to `serve` by environment variable `OMNIBASE_SERVE_CONFIG` (JSON). */
export interface ServeConfig {
  readonly roles: readonly ('control' | 'api' | 'host')[];
  readonly socket_path: string | null;
  /** TCP listener, null for none. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  readonly state_dir: string;
  readonly cache_dir: string;
  readonly host_id: string;
  readonly instance_id: string;
  readonly log_level: string;
}

export interface StageRunFilter {
  readonly stage?: Stage;
  readonly state?: RunState;
  readonly verdict?: Status;
  readonly repo_id?: string;
  /** 1-1000, default 20. */
  readonly limit?: number;
}

/** How a stream of events is opened. */
export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** Only events with a greater `seq`; sequence numbers belong to one serving instance. */
  readonly after_seq?: number;
}

export interface RunOptions extends StreamOptions {
  /** Id of the caller, kept in the run's input; the gateway sets it. */
  readonly principal?: string;
}

export interface AttachOptions extends StreamOptions {
  /** True when this stream belongs to the one who started the run: closing it may cancel the run (stages.md 6.3). */
  readonly owner?: boolean;
}

/**
 * Stage runs as their users see them. `api/stage-runs` implements it on Temporal and Postgres, `api/client`
 * over HTTP (`POST /api/v1/stage-runs` answers the event stream as NDJSON, one `StageEvent` per line).
 */
export interface StageRunsApi {
  /** Starts the run (idempotent by run_id) and streams its events; ends after `run.finished`. */
  run(request: StageRunRequest, options: RunOptions): AsyncIterable<StageEvent>;
  /** Streams events of a run already started; ends after `run.finished`. */
  attach(runId: string, options: AttachOptions): AsyncIterable<StageEvent>;
  /** Plans without running: no workflow, no row, no validator process. */
  plan(request: StageRunRequest, options: { readonly signal?: AbortSignal }): Promise<StagePlan>;
  /** Asks a run to stop; the same command_id gives the same answer. */
  cancel(
    runId: string,
    command: { readonly command_id: string; readonly reason: string; readonly actor: string },
  ): Promise<{ readonly state: RunState }>;
  /**
   * The report of the one run that `id` (unique prefix of >= 6 characters, or `last`) names. A run that still goes on is
   * shown with what has finished; while it has no plan the call throws OR033.
   */
  show(id: string): Promise<RunReport>;
  list(filter: StageRunFilter): Promise<readonly StageRunSummary[]>;
}

/** An event as its producer gives it; the hub adds `seq`, `at` and `run_id`. */
export type StageEventBody = StageEvent extends infer Event
  ? Event extends StageEvent
    ? Omit<Event, 'seq' | 'at' | 'run_id'>
    : never
  : never;

/** Last line of an event stream that broke after its first byte; blank lines between events are keep-alives. */
export interface StreamErrorLine {
  readonly type: 'stream.error';
  readonly error: ErrorBody;
  readonly correlation_id: string;
}

/** Response header that names the serving instance, so that a client knows when `seq` starts anew. */
export const instanceHeader = 'x-omnibase-instance';
/** Request header with the milliseconds the caller will wait. */
export const deadlineHeader = 'x-deadline-ms';
export const correlationHeader = 'x-correlation-id';

/** Capabilities of platform.md 6. `admin` includes `registry.write`, which includes `registry.read`. */
export const capabilities = [
  'registry.read',
  'registry.write',
  'stage.run',
  'node.register',
  'node.read',
  'run.read',
  'run.control',
  'run.report',
  'audit.read',
  'admin',
] as const;
export type Capability = (typeof capabilities)[number];

/** `GET /api/v1/registry/identity`. */
export interface RegistryIdentity {
  readonly registry_id: string;
  readonly epoch: number;
  readonly version: string;
}

/** `GET /readyz`. */
export interface ReadinessReport {
  readonly status: 'ready' | 'not_ready' | 'draining';
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly duration_ms: number }[];
}
