/**
 * Activities of stage runs outside a worker: the real functions on a real database and a real repository, in the SDK's
 * own activity context. The registry answers from a list, the runner as a test scripts it.
 */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Info } from '@temporalio/activity';
import { DefaultLogger } from '@temporalio/worker';
import { createStageActivities, RunCache, type StageActivityDeps, type StepHooks } from '../../../activities/stages.ts';
import type { ComponentRecord } from '../../../contracts/component.ts';
import type { StageEventBody } from '../../../contracts/gateway.ts';
import type { Freshness, RegistryApi } from '../../../contracts/registry.ts';
import type { ComponentStepResult, PlannedStep, StagePlan, StageRunInput } from '../../../contracts/stage.ts';
import type { StageActivities } from '../../../contracts/stage-workflow.ts';
import type { Database } from '../../../db/client.ts';
import { normalise } from '../../../domain/component/normalise.ts';
import { takeSnapshot } from '../../../validators/git/index.ts';
import type { TestRepository } from '../../support/git.ts';
import { stageInput } from '../../workflow/support/stage-input.ts';

export interface Bench {
  readonly activities: StageActivities;
  readonly deps: StageActivityDeps;
  readonly events: { readonly runId: string; readonly event: StageEventBody }[];
  /** Forgets what the process remembers, like a restart. */
  restarted(): Bench;
}

export interface BenchOptions {
  readonly database: Database;
  readonly records: readonly ComponentRecord[];
  readonly freshness?: Partial<Freshness>;
  /** Executes one component; the default passes. */
  readonly component?: (
    uuid: string,
    hooks: StepHooks,
  ) => Promise<ComponentStepResult | null> | ComponentStepResult | null;
}

const now: Freshness = {
  source: 'postgres',
  level: 'authority',
  as_of: '2026-01-01T00:00:00.000Z',
  age_ms: 0,
  stale: false,
  complete: true,
};

export function createBench(options: BenchOptions): Bench {
  const events: Bench['events'] = [];
  const { database, component = (uuid) => resultOf(uuid, 'pass') } = options;
  const deps: StageActivityDeps = {
    database,
    registry: registryOf(options.records, { ...now, ...options.freshness }),
    cores: 2,
    runs: new RunCache(database),
    publish: (runId, event) => void events.push({ runId, event }),
    environment: { version: '0.0.0', node: 'v0', git: '0', platform: 'test', host_id: 'host', cpus: 2 },
    runner: {
      async execute(step: PlannedStep, _plan: StagePlan, only, hooks) {
        for (const uuid of only) {
          const result = await component(uuid, hooks);
          if (result !== null) await hooks.onResult({ ...result, step_id: step.id });
        }
      },
    },
  };
  return { activities: createStageActivities(deps), deps, events, restarted: () => createBench(options) };
}

/** Pages of one record each, so that reading on is exercised. */
function registryOf(records: readonly ComponentRecord[], freshness: Freshness): RegistryApi {
  const unused = (): never => {
    throw new Error('planning only searches');
  };
  return {
    search({ cursor }) {
      const index = cursor === undefined ? 0 : Number(cursor);
      const items = records.slice(index, index + 1);
      const more = index + 1 < records.length;
      const page = { limit: 1, has_more: more, next_cursor: more ? String(index + 1) : null };
      return Promise.resolve({ data: { items, page }, freshness, warnings: [] });
    },
    register: unused,
    update: unused,
    lookup: unused,
    remove: unused,
    sync: unused,
    cacheStats: unused,
  };
}

export function recordOf(name: string, fields: Readonly<Record<string, unknown>> = {}): ComponentRecord {
  const { metadata, issues } = normalise({
    uuid: randomUUID(),
    name,
    namespace: 'test',
    version: '1.0.0',
    type: 'validator',
    author: 'test',
    description: name,
    created_at: '2026-01-01T00:00:00.000Z',
    lifecycle: 'active',
    tags: ['pre-commit', 'ci'],
    idempotent: true,
    entrypoint: { kind: 'command', program: '/bin/true', args: [], input: 'none', output: 'none' },
    ...fields,
  });
  if (metadata === null) throw new Error(JSON.stringify(issues));
  return {
    metadata,
    registry: {
      revision: 1,
      fingerprint: 'f'.repeat(64),
      trust_level: 'unverified',
      quarantined: false,
      wip: false,
      source: { kind: 'api', ref: 'test' },
      registered_at: now.as_of,
      updated_at: now.as_of,
    },
  };
}

export function resultOf(
  uuid: string,
  status: ComponentStepResult['status'],
  changes: Partial<ComponentStepResult> = {},
): ComponentStepResult {
  return {
    component_uuid: uuid,
    step_id: '',
    status,
    skipped_reason: null,
    findings: [],
    findings_total: 0,
    truncated: false,
    messages: [],
    errors: [],
    output: null,
    exit_status: null,
    duration_ms: 5,
    attempts: 1,
    files_checked: 1,
    isolation: {
      tier: 'process',
      namespaces: [],
      limits_by: 'none',
      sweep: 'none',
      enforced: { fs_read: 'no', fs_write: 'no', network: 'no', processes: 'no', memory: 'no' },
    },
    produced_at: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

/** Runs one activity in a context of its own. */
export function inActivity<T>(
  work: () => Promise<T>,
  info: Partial<Info> = {},
  environment = activityEnvironment(info),
): Promise<T> {
  return environment.run(work);
}

/** Failures are what many of these tests are about, so they are not logged. */
export function activityEnvironment(info: Partial<Info> = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

export async function inputFor(
  repository: TestRepository,
  changes: Partial<StageRunInput> = {},
  source: { readonly fromRef?: string } = {},
): Promise<StageRunInput> {
  const snapshot = await takeSnapshot({
    directory: repository.directory,
    environment: repository.environment,
    stage: changes.stage ?? 'pre-commit',
    ...source,
  });
  return stageInput('host', { snapshot, ...changes });
}
