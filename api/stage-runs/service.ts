/**
 * Stage runs as their users see them, on Temporal and Postgres: starting, following, planning, cancelling,
 * looking up. Streams come from the event hub of this process; the end of a run is also learned from the
 * engine and the database, so that every stream ends with `run.finished` wherever the run was finished.
 */
import type { AttachOptions, RunOptions, StageRunsApi, StreamOptions } from '../../contracts/gateway.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StageEvent, StagePlan, StageRunInput, StageRunRequest } from '../../contracts/stage.ts';
import { stageWorkflowId } from '../../client/ids.ts';
import { watchEnd } from './end-watch.ts';
import type { StageRunEngine } from './engine.ts';
import type { EventHub } from './event-hub.ts';
import { Followers } from './followers.ts';
import { parseStageRunRequest, workflowInput } from './request.ts';
import type { StageRunStore } from './store.ts';

export interface StageRunDeps {
  readonly engine: StageRunEngine;
  readonly store: StageRunStore;
  readonly hub: EventHub;
  /** Plans without running; the activity's own function. */
  readonly plan: (input: StageRunInput, signal: AbortSignal | undefined) => Promise<StagePlan>;
  readonly hostId: string;
  /** Whether this process serves the control role too. */
  readonly localControl: boolean;
  readonly log?: { warn(fields: object, message: string): void };
  readonly timings?: Partial<ServiceTimings>;
}

export interface ServiceTimings {
  /** How long the last stream of an attached run may be away before the run is cancelled, ms. */
  readonly ownerGoneMs: number;
  /** Head start of the hub over the engine for runs started here, ms. */
  readonly endWatchDelayMs: number;
}

export interface StageRunService extends StageRunsApi {
  /** Ends all streams without calling anybody gone; for the end of the process. */
  drain(): void;
}

const defaultTimings: ServiceTimings = { ownerGoneMs: 2000, endWatchDelayMs: 1000 };

export function createStageRuns(deps: StageRunDeps): StageRunService {
  const { engine, store, hub } = deps;
  const timings = { ...defaultTimings, ...deps.timings };
  const followers = new Followers({
    goneMs: timings.ownerGoneMs,
    isOver: (runId) => hub.status(runId) === 'finished',
    ownerGone: (runId, workflowId) => void cancelAbandoned(deps, runId, workflowId),
  });

  async function* run(request: StageRunRequest, options: RunOptions): AsyncGenerator<StageEvent> {
    const parsed = parseStageRunRequest(request);
    const input = inputOf(deps, parsed, options.principal);
    const located = { runId: input.run_id, workflowId: stageWorkflowId(input.stage, input.run_id) };
    yield* follow(located, parsed.attached, options, async () => {
      const { started } = await startOnHub(deps, input, located.workflowId);
      return started ? timings.endWatchDelayMs : 0;
    });
  }

  async function* attach(id: string, options: AttachOptions): AsyncGenerator<StageEvent> {
    const located = await locate(deps, id);
    yield* follow(located, options.owner === true, options, async () => {
      hub.publish(located.runId, { type: 'run.started', workflow_id: located.workflowId });
      return 0;
    });
  }

  /** @param begin makes sure that the run exists; gives the delay of the end watch in ms */
  async function* follow(
    { runId, workflowId }: LocatedRun,
    owned: boolean,
    options: StreamOptions,
    begin: () => Promise<number>,
  ): AsyncGenerator<StageEvent> {
    followers.enter(runId);
    try {
      const delayMs = await begin();
      const watch = (signal: AbortSignal) => void watchEnd(deps, { runId, workflowId, delayMs }, signal);
      followers.confirm({ runId, workflowId, owned, watch });
      yield* hub.subscribe(runId, options);
    } finally {
      followers.leave(runId);
    }
  }

  return {
    run,
    attach,
    async plan(request, { signal }) {
      const parsed = parseStageRunRequest(request);
      return deps.plan(inputOf(deps, parsed, undefined), signal);
    },
    async cancel(id, command) {
      const { workflowId } = await locate(deps, id);
      return engine.cancel(workflowId, command);
    },
    async show(id) {
      const found = await store.find(id.toLowerCase());
      return (await store.report(found.run_id)) ?? store.openReport(found);
    },
    list: (filter) => store.list(filter),
    drain() {
      followers.drain();
      hub.close();
    },
  };
}

interface LocatedRun {
  readonly runId: string;
  readonly workflowId: string;
}

/** A run followed here is known before its row is there: projections run beside the work (stages.md 6.8). */
async function locate({ hub, store }: StageRunDeps, given: string): Promise<LocatedRun> {
  const id = given.toLowerCase();
  const workflowId = hub.workflowId(id);
  if (workflowId !== undefined) return { runId: id, workflowId };
  const { run_id, stage } = await store.find(id);
  return { runId: run_id, workflowId: stageWorkflowId(stage, run_id) };
}

/** `run.started` is published first: the workflow may publish before its start is answered. */
async function startOnHub({ engine, hub }: StageRunDeps, input: StageRunInput, workflowId: string) {
  const isNew = hub.status(input.run_id) === 'unknown';
  hub.publish(input.run_id, { type: 'run.started', workflow_id: workflowId });
  try {
    return await engine.start(input);
  } catch (error) {
    if (isNew) hub.fail(input.run_id, error);
    throw error;
  }
}

function inputOf({ hostId, localControl }: StageRunDeps, request: StageRunRequest, principal = 'local'): StageRunInput {
  return workflowInput(request, { hostId, localControl, principal, requestedAt: new Date().toISOString() });
}

/** The command id is made from the run: however often it is sent, it is one command. */
async function cancelAbandoned({ engine, log }: StageRunDeps, runId: string, workflowId: string): Promise<void> {
  try {
    await engine.cancel(workflowId, { command_id: `client-gone-${runId}`, reason: 'client-gone', actor: 'gateway' });
  } catch (error) {
    if (error instanceof OmniBaseError && (error.code === 'OR031' || error.code === 'OR030')) return;
    log?.warn({ err: error, run_id: runId, workflow_id: workflowId }, 'an abandoned run could not be cancelled');
  }
}
