/**
 * What the stage-run service needs of the orchestration engine, and its implementation on Temporal by the
 * use cases of `client/`.
 */
import type { Client } from '@temporalio/client';
import { cancelStageRun, stageRunResult, startStageRun } from '../../client/stage-run.ts';
import type { RunState, StageRunInput } from '../../contracts/stage.ts';

export interface CancelRequest {
  readonly command_id: string;
  readonly reason: string;
  readonly actor: string;
}

export interface StageRunEngine {
  /** Starts the workflow of a run; `started` is false when it had been started before. */
  start(input: StageRunInput): Promise<{ readonly started: boolean }>;
  /**
   * Asks a run to stop.
   *
   * @throws OR030 unknown, OR031 ended, OB010 engine away
   */
  cancel(workflowId: string, command: CancelRequest): Promise<{ readonly state: RunState }>;
  /**
   * Resolves when the workflow has closed, however it ended.
   *
   * @throws OR030 when there is none, OB010 or OB016 when the engine is away
   */
  closed(workflowId: string, signal: AbortSignal): Promise<void>;
}

/** @param eager pass true only with a client on the worker's own native connection (stages.md 6.8) */
export function createTemporalEngine(client: Client, { eager }: { readonly eager: boolean }): StageRunEngine {
  return {
    start: (input) => startStageRun(client, input, { eager }),
    cancel: (workflowId, command) => cancelStageRun(client, workflowId, command),
    async closed(workflowId, signal) {
      await client.withAbortSignal(signal, () => stageRunResult(client, workflowId));
    },
  };
}
