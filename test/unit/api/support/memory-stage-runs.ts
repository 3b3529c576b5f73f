/**
 * The parts under the stage-run service in memory: an engine whose workflows end when the test says so,
 * a store, and an example request and report.
 */
import { stageWorkflowId } from '../../../../client/ids.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { RunReport, StageRunInput, StageRunRequest, StageRunSummary } from '../../../../contracts/stage.ts';
import type { CancelRequest, StageRunEngine } from '../../../../api/stage-runs/engine.ts';
import type { StageRunStore } from '../../../../api/stage-runs/store.ts';
import { uuidV7 } from '../../../../api/plugins/correlation.ts';

export interface MemoryEngine extends StageRunEngine {
  readonly started: StageRunInput[];
  readonly cancelled: { readonly workflowId: string; readonly command: CancelRequest }[];
  /** Makes the next starts fail. */
  failStart: OmniBaseError | null;
  /** Called for each start that is new. */
  onStart: (input: StageRunInput) => void;
  /** The workflow has closed. */
  close(workflowId: string): void;
}

export function memoryEngine(): MemoryEngine {
  const runs = new Map<string, PromiseWithResolvers<void>>();
  const engine: MemoryEngine = {
    started: [],
    cancelled: [],
    failStart: null,
    onStart: () => undefined,
    async start(input) {
      if (engine.failStart !== null) throw engine.failStart;
      const workflowId = stageWorkflowId(input.stage, input.run_id);
      if (runs.has(workflowId)) return { started: false };
      runs.set(workflowId, Promise.withResolvers<void>());
      engine.started.push(input);
      engine.onStart(input);
      return { started: true };
    },
    async cancel(workflowId, command) {
      if (!runs.has(workflowId)) throw new OmniBaseError('OR030', { details: { id: workflowId } });
      engine.cancelled.push({ workflowId, command });
      return { state: 'cancelling' };
    },
    async closed(workflowId, signal) {
      const run = runs.get(workflowId);
      if (run === undefined) throw new OmniBaseError('OR030', { details: { id: workflowId } });
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
      await Promise.race([run.promise, aborted.promise]);
    },
    close(workflowId) {
      const run = runs.get(workflowId) ?? Promise.withResolvers<void>();
      runs.set(workflowId, run);
      run.resolve();
    },
  };
  return engine;
}

export interface MemoryStore extends StageRunStore {
  readonly reports: Map<string, RunReport>;
  readonly runs: Map<string, StageRunSummary>;
}

export function memoryStore(): MemoryStore {
  const reports = new Map<string, RunReport>();
  const runs = new Map<string, StageRunSummary>();
  return {
    reports,
    runs,
    async find(id) {
      const found =
        id === 'last' ? [...runs.values()].slice(-1) : [...runs.values()].filter((run) => run.run_id.startsWith(id));
      const [run] = found;
      if (run === undefined || found.length > 1) throw new OmniBaseError('OR030', { details: { id } });
      return run;
    },
    report: async (runId) => reports.get(runId) ?? null,
    openReport: async (run) => exampleReport(run.run_id, { state: run.state, verdict: null, completed_at: null }),
    list: async ({ limit = 20 }) => [...runs.values()].slice(0, limit),
  };
}

export function exampleRequest(changes: Partial<StageRunRequest> = {}): StageRunRequest {
  return {
    run_id: uuidV7(),
    stage: 'pre-commit',
    snapshot: {
      source: 'index',
      git_dir: '/repositories/app/.git',
      work_tree: '/repositories/app',
      object_directories: [],
      head: 'a'.repeat(40),
      branch: 'main',
      from_ref: null,
      to_ref: null,
      base_tree: 'b'.repeat(40),
      target_tree: 'c'.repeat(40),
      merge_trees: [],
      paths: null,
      repo_id: 'repo-1',
      warnings: [],
    },
    options: {
      tags: [],
      any_tag: [],
      only: [],
      skip: [],
      env_skip: [],
      profile: null,
      lifecycle: [],
      no_preset: false,
      allow_empty: false,
      fail_fast: null,
      timeout_ms: null,
      concurrency: null,
      fail_on: [],
    },
    correlation_id: 'corr-1',
    attached: true,
    ...changes,
  };
}

export function exampleSummary(runId: string, changes: Partial<StageRunSummary> = {}): StageRunSummary {
  return {
    run_id: runId,
    stage: 'pre-commit',
    state: 'running',
    verdict: null,
    exit_code: null,
    repo_id: 'repo-1',
    repo: 'app',
    branch: 'main',
    started_at: '2026-01-01T00:00:00.000Z',
    completed_at: null,
    execution_time_ms: null,
    ...changes,
  };
}

export function exampleReport(runId: string, changes: Partial<RunReport> = {}): RunReport {
  return {
    schema_version: '1.0',
    run_id: runId,
    workflow: { id: stageWorkflowId('pre-commit', runId), namespace: 'default' },
    stage: 'pre-commit',
    mode: 'run',
    profile: null,
    fix: 'off',
    state: 'completed',
    verdict: 'pass',
    exit_code: 0,
    correlation_id: 'corr-1',
    started_at: '2026-01-01T00:00:00.000Z',
    completed_at: '2026-01-01T00:00:01.000Z',
    execution_time_ms: 1000,
    timings: {},
    environment: { version: '0', node: '24', git: '2', platform: 'linux', host_id: 'host-1', cpus: 2 },
    repo: {
      id: 'repo-1',
      source: 'index',
      head: null,
      branch: 'main',
      from_ref: null,
      to_ref: null,
      base_tree: null,
      target_tree: 'c'.repeat(40),
    },
    policy: { side: 'base', config_hash: '', fail_on: [] },
    selection: { preset: 'pre-commit', tags: [], filter: null, selected: [], skipped: [], required: [], empty: true },
    resolved: [],
    registry: { source: 'postgres', stale: false },
    inputs: { files: 0, bytes: 0, deleted: 0, too_large: 0 },
    plan: { plan_hash: 'd'.repeat(64), steps: 0, levels: 0, concurrency: 1, fail_fast: false },
    results: [],
    summary: {
      total: 0,
      passed: 0,
      failed: 0,
      warned: 0,
      skipped: 0,
      errored: 0,
      findings: { error: 0, warning: 0, info: 0, suppressed: 0, fixable: 0 },
      cache: { hits: 0, misses: 0 },
    },
    messages: [],
    errors: [],
    replay_of: null,
    ...changes,
  };
}
