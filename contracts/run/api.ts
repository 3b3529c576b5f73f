/**
 * Runs as their users see them (runs.md 9): `api/runs` implements it on Temporal and Postgres, `api/client` over HTTP;
 * routes and the command line use nothing else.
 */
import type { PublishedEvent } from '../event.ts';
import type { CallContext } from '../registry.ts';
import type {
  ArtifactPage,
  AuditPage,
  ChainReport,
  CommandAnswer,
  CommandPage,
  CommandRecord,
  ExperimentPage,
  HeartbeatBatchItem,
  HeartbeatReply,
  NextCommandAnswer,
  RunDocument,
  RunPageAnswer,
  TransitionPage,
  TuneEventPage,
} from './answers.ts';
import type { CommandAckInput, CommandEnvelopeInput } from './command.ts';
import type { HeartbeatBatchQuery, NextCommandQuery, RunListQuery, RunPage } from './query.ts';
import type {
  CreateArtifactInput,
  CreateExperimentInput,
  CreateRunInput,
  CreateVersionInput,
  OverrideHealth,
  ResetRun,
  RunReportInput,
} from './requests.ts';
import type { ArtifactRow, ExperimentRow, ExperimentVersionRow } from './record-rows.ts';

export interface Created<T> {
  readonly value: T;
  /** False when the same request had made it before: 200 instead of 201. */
  readonly created: boolean;
}

export interface RunEventQuery {
  readonly run_id?: string;
  readonly types?: readonly string[];
  /** Ephemeral events, too. */
  readonly progress?: boolean;
  /** Resume after this `pub_seq`. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

export interface RunsApi {
  /** @throws RN004, RN005 experiment or version unknown, RN011 override, RN016 id reused, OB010, RN030 */
  create(request: CreateRunInput, call: CallContext): Promise<Created<RunDocument>>;
  /** @throws RN002 */
  get(runId: string, call: CallContext): Promise<RunDocument>;
  /** @throws RN010 */
  list(query: RunListQuery, call: CallContext): Promise<RunPageAnswer>;

  /** @throws the codes of runs.md 5.2 */
  heartbeat(runId: string, body: unknown, call: CallContext): Promise<HeartbeatReply>;
  /** Unchecked items, each checked by itself: a bad one fails only itself. */
  heartbeats(
    items: readonly unknown[],
    query: HeartbeatBatchQuery,
    call: CallContext,
  ): Promise<readonly HeartbeatBatchItem[]>;

  /** @throws RN002, RN007, RN012-RN017, OB010, RN030; repeating id and body is always safe */
  command(runId: string, envelope: CommandEnvelopeInput, call: CallContext): Promise<CommandAnswer>;
  commands(runId: string, page: RunPage, call: CallContext): Promise<CommandPage>;
  /** @throws RN003 */
  getCommand(runId: string, commandId: string, call: CallContext): Promise<CommandRecord>;
  /** Waits up to `wait` seconds; nothing is claimed once `signal` is aborted. @throws RN002, RN018 */
  nextCommand(
    runId: string,
    query: NextCommandQuery,
    call: CallContext,
    signal?: AbortSignal,
  ): Promise<NextCommandAnswer>;
  /** @throws RN003, RN007, RN023 */
  ack(runId: string, commandId: string, body: CommandAckInput, call: CallContext): Promise<CommandRecord>;

  /** @throws RN012, RN014, RN018 */
  report(runId: string, report: RunReportInput, call: CallContext): Promise<RunDocument>;
  /** @throws RN014 */
  reset(runId: string, request: ResetRun, call: CallContext): Promise<RunDocument>;
  /** @throws RN014 */
  overrideHealth(runId: string, request: OverrideHealth, call: CallContext): Promise<RunDocument>;

  transitions(runId: string, page: RunPage, call: CallContext): Promise<TransitionPage>;
  artifacts(runId: string, page: RunPage, call: CallContext): Promise<ArtifactPage>;
  /** @throws RN024 for an equal run, kind and step */
  createArtifact(runId: string, request: CreateArtifactInput, call: CallContext): Promise<ArtifactRow>;
  tuneEvents(runId: string, page: RunPage, call: CallContext): Promise<TuneEventPage>;
  audit(runId: string, page: RunPage, call: CallContext): Promise<AuditPage>;
  verifyAudit(runId: string, call: CallContext): Promise<ChainReport>;

  experiments(page: RunPage, call: CallContext): Promise<ExperimentPage>;
  /** @throws RN004 */
  experiment(id: string, call: CallContext): Promise<ExperimentRow>;
  /** @throws RN025 slug or config known */
  createExperiment(request: CreateExperimentInput, call: CallContext): Promise<ExperimentRow>;
  versions(
    experimentId: string,
    page: RunPage,
    call: CallContext,
  ): Promise<{ readonly versions: readonly ExperimentVersionRow[]; readonly next_page_token: string | null }>;
  createVersion(experimentId: string, request: CreateVersionInput, call: CallContext): Promise<ExperimentVersionRow>;

  /** Published events in order. @throws RN002, RN027 */
  events(query: RunEventQuery, call: CallContext): AsyncIterable<PublishedEvent>;
}
