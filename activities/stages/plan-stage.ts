/**
 * Planning (stages.md 5, 6.2): snapshot, configuration and registry are read side by side, the rest is pure. The dry
 * run is the same without storing anything.
 */
import type { ComponentRecord } from '../../contracts/component.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { CallContext, Freshness, RegistryApi, SearchQuery } from '../../contracts/registry.ts';
import type { RunMessage, StagePlan, StageRunInput, StageSettings } from '../../contracts/stage.ts';
import type { PlannedRun, PlanRequest } from '../../contracts/stage-workflow.ts';
import { loadPlan, storePlan } from '../../db/stores/stages/plans.ts';
import { buildPlan } from '../../domain/stage/plan/build-plan.ts';
import { summarisePlan } from '../../domain/stage/plan/summary.ts';
import { selectComponents } from '../../domain/stage/selection/select.ts';
import { implementationHash } from '../../validators/builtin/index.ts';
import { listEntries } from '../../validators/git/index.ts';
import type { PlanDeps, StageActivityDeps } from './deps.ts';
import { whenAvailable } from './patience.ts';
import { readSettings } from './read-settings.ts';
import { round } from './run-cache.ts';
import { sha256 } from './sha256.ts';

/** Everything that can run, whatever its lifecycle and status: selection says why the rest is left out. */
const candidates: SearchQuery = { type: ['validator', 'test', 'tool'], view: 'all', limit: 1000 };

/** A restart of Postgres is waited for, a longer absence ends the run: planning has 30 s in all (stages.md 6.4). */
const storeLimitMs = 15_000;

/** The activity: plans, stores the plan unless the run has one already, and answers ids and limits. */
export async function planStage(deps: StageActivityDeps, { input }: PlanRequest): Promise<PlannedRun> {
  const from = performance.now();
  deps.runs.begin(input.run_id);
  const queued = Date.now() - Date.parse(input.requested_at);
  const built = await planStageRun(deps, input);
  const { stored } = await whenAvailable(() => storePlan(deps.database, input.run_id, built), undefined, storeLimitMs);
  const plan = stored ? built : ((await loadPlan(deps.database, input.run_id)) ?? built);
  deps.runs.keep(input.run_id, plan, { queue_ms: round(queued), plan_ms: round(performance.now() - from) });

  const { files, components, steps, ...summary } = summarisePlan(plan);
  deps.publish(input.run_id, { type: 'run.planned', files, components, steps: steps.length });
  for (const message of plan.messages) deps.publish(input.run_id, { type: 'message', message });
  const resolved = plan.components.map(({ component }) => `${component.name}@${component.version}`);
  return { files, components, steps, ...summary, resolved };
}

/**
 * Plans without running: no database write, no process of a component.
 *
 * @throws the errors of `selectComponents`, `buildPlan`, `readSettings` and `listEntries`
 */
export async function planStageRun(deps: PlanDeps, input: StageRunInput, signal?: AbortSignal): Promise<StagePlan> {
  const { snapshot, stage, options } = input;
  const [entries, run, registry] = await Promise.all([
    listEntries(snapshot),
    readSettings(snapshot, stage),
    readRegistry(deps.registry, input, signal),
  ]);
  signal?.throwIfAborted();
  const selection = selectComponents({ stage, candidates: registry.records, options, settings: run.settings });
  return buildPlan({
    stage,
    snapshot,
    entries: entries.entries,
    tooLarge: entries.too_large.length,
    selection,
    options,
    settings: run.settings,
    registry: registry.view,
    policy: run.policy,
    cores: deps.cores,
    implementationOf,
    sha256,
    messages: [
      ...run.messages,
      ...deadlineMessages(run.settings, input),
      ...entries.warnings.map((text) => ({ level: 'warning' as const, text })),
    ],
  });
}

/** The server ends a workflow by the deadline it was started with; nothing found later can extend it. */
function deadlineMessages({ timeout_ms }: StageSettings, { stage, options, deadline_ms }: StageRunInput): RunMessage[] {
  if (options.timeout_ms !== null || timeout_ms === undefined || timeout_ms <= deadline_ms) return [];
  const text = `stages.${stage}.timeout_ms is above the ${deadline_ms} ms that the run was started with; pass --timeout`;
  return [{ level: 'warning', text }];
}

interface RegistryView {
  readonly records: readonly ComponentRecord[];
  readonly view: StagePlan['registry'];
}

async function readRegistry(registry: RegistryApi, input: StageRunInput, signal?: AbortSignal): Promise<RegistryView> {
  const context: CallContext = {
    principal: { id: input.principal, kind: 'user', capabilities: ['registry.read'] },
    correlation_id: input.correlation_id,
    ...(signal === undefined ? {} : { signal }),
  };
  const records: ComponentRecord[] = [];
  let oldest: Freshness | null = null;
  for (let cursor: string | null = null; ; ) {
    const { data, freshness } = await registry.search(
      cursor === null ? candidates : { ...candidates, cursor },
      context,
    );
    records.push(...data.items);
    if (oldest === null || freshness.age_ms > oldest.age_ms) oldest = freshness;
    cursor = data.page.next_cursor;
    if (cursor === null) return { records, view: viewOf(oldest, input) };
  }
}

/** In ci an answer past its time is none (stages.md 3). */
function viewOf({ source, stale, age_ms }: Freshness, { stage }: StageRunInput): StagePlan['registry'] {
  if (stale && stage === 'ci') throw new OmniBaseError('RG019', { details: { age_ms } });
  return { source, stale, age_s: source === 'postgres' ? 0 : round(age_ms / 1000) };
}

function implementationOf({ metadata }: ComponentRecord): string | null {
  return metadata.entrypoint?.kind === 'builtin' ? implementationHash(metadata.entrypoint.id) : null;
}
