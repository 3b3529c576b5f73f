/** Use cases on stage runs (stages.md 6): start, cancel, watch. The only door from gateway and command line to them. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { OmniBaseError } from '../contracts/error.ts';
import type { Stage, StageRunInput } from '../contracts/stage.ts';
import { statuses } from '../contracts/stage/vocabulary.ts';
import {
  type CancelAnswer,
  type CancelCommand,
  type ProgressView,
  type ProgressWait,
  type StageRunResult,
  stageRunMessages,
  stageRunType,
} from '../workflows/messages/stage-run.ts';
import { withCorrelationId } from './correlation-context.ts';
import { type EngineCall, fromEngineError } from './engine-errors.ts';
import { stageWorkflowId } from './ids.ts';
import { hostQueue } from './queues.ts';
import { searchAttributeKey } from './search-attributes.ts';
import { UpdateLanes } from './update-lanes.ts';

export interface StartOptions {
  /**
   * Ask the server to hand the first workflow task to this process at once; needs a client on the worker's own
   * native connection (stages.md 6.8).
   */
  readonly eager: boolean;
}

export interface StartedStageRun {
  readonly workflowId: string;
  /** False when a run with this id had been started before. */
  readonly started: boolean;
  readonly eager: boolean;
}

/** Lower goes first (stages.md 6.4). */
const priorityKeys: Readonly<Record<Stage, number>> = { 'pre-commit': 2, ci: 3, test: 4, exec: 3 };

/** The last net: the run ends itself at its deadline, the server ends it a minute later (stages.md 6.4). */
const executionMarginMs = 60_000;
const workflowTaskTimeoutMs = 5_000;
const callTimeoutMs = 10_000;
/** Workflow input is ids and options (stages.md 6.8); `payload-limit.ts` would refuse more, less politely. */
const maxInputBytes = 256 * 1024;

const lanes = new UpdateLanes();

/**
 * Starts a run; a second start with the same run_id finds the first.
 *
 * @throws OB004 when the input is larger than 256 KiB, OB010 or OB016 when the server does not answer
 */
export async function startStageRun(
  client: Client,
  input: StageRunInput,
  options: StartOptions,
): Promise<StartedStageRun> {
  checkSize(input);
  const workflowId = stageWorkflowId(input.stage, input.run_id);
  try {
    const handle = await within(client, input, () =>
      client.workflow.start(stageRunType, {
        workflowId,
        taskQueue: hostQueue(input.host_id),
        args: [input],
        requestEagerStart: options.eager,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowExecutionTimeout: input.deadline_ms + executionMarginMs,
        workflowTaskTimeout: workflowTaskTimeoutMs,
        priority: { priorityKey: priorityKeys[input.stage] },
        typedSearchAttributes: [
          { key: searchAttributeKey('OmniKind'), value: 'stage' },
          { key: searchAttributeKey('OmniState'), value: 'planning' },
          { key: searchAttributeKey('OmniRepo'), value: input.repo },
        ],
        memo: { host: input.host_id, correlation_id: input.correlation_id, refs: refsOf(input) },
        staticSummary: summaryOf(input),
        staticDetails: detailsOf(input),
      }),
    );
    return { workflowId, started: true, eager: handle.eagerlyStarted };
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') {
      return { workflowId, started: false, eager: false };
    }
    throw fromEngineError(error, { id: input.run_id });
  }
}

function within<T>(client: Client, input: StageRunInput, call: () => Promise<T>): Promise<T> {
  return withCorrelationId(input.correlation_id, () => client.withDeadline(Date.now() + callTimeoutMs, call));
}

/**
 * Asks a run to stop. The same command_id gives the same answer.
 *
 * @throws OR030 unknown run, OR031 the run has ended, OB004 bad command, OB010 no server
 */
export async function cancelStageRun(
  client: Client,
  workflowId: string,
  command: CancelCommand,
): Promise<CancelAnswer> {
  return lanes.run(workflowId, () =>
    answered({ id: workflowId }, async () => {
      const handle = client.workflow.getHandle(workflowId);
      try {
        return await client.withDeadline(Date.now() + callTimeoutMs, () =>
          handle.executeUpdate<CancelAnswer, [CancelCommand]>(stageRunMessages.cancel, {
            args: [command],
            updateId: command.command_id,
          }),
        );
      } catch (error) {
        throw await closedOr(error, handle, workflowId);
      }
    }),
  );
}

/** Where a run stands; works on ended runs as long as a worker of its host is there. */
export async function stageRunProgress(client: Client, workflowId: string): Promise<ProgressView> {
  return answered({ id: workflowId }, () =>
    client.withDeadline(Date.now() + callTimeoutMs, () =>
      client.workflow.getHandle(workflowId).query<ProgressView>(stageRunMessages.progress),
    ),
  );
}

/**
 * Progress, once its version passed `since_version` or `max_wait_ms` (0-20,000) passed.
 *
 * @throws OR032 when too many wait: poll `stageRunProgress` every 2 s instead
 */
export async function awaitStageRunProgress(
  client: Client,
  workflowId: string,
  wait: ProgressWait,
): Promise<ProgressView> {
  return lanes.run(workflowId, () =>
    answered({ id: workflowId }, () =>
      client.withDeadline(Date.now() + wait.max_wait_ms + callTimeoutMs, () =>
        client.workflow
          .getHandle(workflowId)
          .executeUpdate<ProgressView, [ProgressWait]>(stageRunMessages.awaitProgress, { args: [wait] }),
      ),
    ),
  );
}

/**
 * Waits for the end of a run.
 *
 * @throws what `fromEngineError` makes of a run that was terminated or timed out as a workflow
 */
export async function stageRunResult(client: Client, workflowId: string): Promise<StageRunResult> {
  return answered({ id: workflowId }, () => client.workflow.getHandle(workflowId).result() as Promise<StageRunResult>);
}

async function answered<T>(call: EngineCall, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw fromEngineError(error, call);
  }
}

/** The server says "not found" of a closed workflow too; its state says which it is. */
async function closedOr(error: unknown, handle: WorkflowHandle, workflowId: string): Promise<unknown> {
  if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') return error;
  const description = await handle.describe();
  const shown = description.typedSearchAttributes.get(searchAttributeKey('OmniState')) ?? description.status.name;
  // A completed run shows its verdict there (stages.md 6.8).
  const state = statuses.some((verdict) => verdict === shown) ? 'completed' : shown;
  return new OmniBaseError('OR031', { details: { state, id: workflowId.split('/').at(-1) }, cause: error });
}

function checkSize(input: StageRunInput): void {
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes <= maxInputBytes) return;
  throw new OmniBaseError('OB004', {
    message: `the request has ${bytes} bytes, at most ${maxInputBytes} may travel; choose fewer paths or --all-files`,
  });
}

function refsOf({ snapshot }: StageRunInput): string {
  if (snapshot.source === 'range') return `${snapshot.from_ref ?? ''}..${snapshot.to_ref ?? 'HEAD'}`;
  return snapshot.branch ?? snapshot.head ?? 'no HEAD';
}

function summaryOf(input: StageRunInput): string {
  return `${input.stage} ${input.repo}, ${input.snapshot.source} ${refsOf(input)}`;
}

function detailsOf(input: StageRunInput): string {
  const { snapshot, options } = input;
  const rows = [
    ['source', snapshot.source],
    ['refs', refsOf(input)],
    ['base tree', snapshot.base_tree ?? 'none'],
    ['target tree', snapshot.target_tree],
    ['options', JSON.stringify(options)],
    ['principal', input.principal],
    ['correlation id', input.correlation_id],
  ] as const;
  return rows.map(([name, value]) => `- ${name}: \`${value.replaceAll('`', "'").slice(0, 1000)}\``).join('\n');
}
