/**
 * What this process remembers of runs it has planned, so that a step needs not read the plan again and the report can
 * tell how long things took. Only a memory: after a restart the database answers.
 */
import { LRUCache } from 'lru-cache';
import { OmniBaseError } from '../../contracts/error.ts';
import type { RunReport, StagePlan } from '../../contracts/stage.ts';
import type { Database } from '../../db/client.ts';
import { loadPlan } from '../../db/stores/stages/plans.ts';

const runsKept = 32;
/** Plans of large repositories have 100,000 entries of some 400 bytes. */
const entriesKept = 400_000;

interface Remembered {
  readonly plan: StagePlan;
  timings: RunReport['timings'];
  /** Monotonic time at which the first step began, ms; null before. */
  executionFrom: number | null;
}

export class RunCache {
  private readonly database: Database;
  private readonly runs = new LRUCache<string, Remembered>({
    max: runsKept,
    maxSize: entriesKept,
    sizeCalculation: ({ plan }) => plan.entries.length + 1,
  });

  private readonly open = new Set<string>();

  constructor(database: Database) {
    this.database = database;
  }

  /** Runs that began here and were not released yet. */
  get active(): number {
    return this.open.size;
  }

  begin(runId: string): void {
    this.open.add(runId);
  }

  keep(runId: string, plan: StagePlan, timings: RunReport['timings']): void {
    this.runs.set(runId, { plan, timings, executionFrom: null });
  }

  /** @throws OB001 when the run has no plan: it was purged or never stored */
  async planOf(runId: string): Promise<StagePlan> {
    const known = this.runs.get(runId);
    if (known !== undefined) return known.plan;
    const plan = await loadPlan(this.database, runId);
    if (plan === null) throw new OmniBaseError('OB001', { message: `the plan of run ${runId} is gone` });
    this.keep(runId, plan, {});
    return plan;
  }

  stepStarted(runId: string): void {
    const run = this.runs.get(runId);
    if (run !== undefined) run.executionFrom ??= performance.now();
  }

  stepEnded(runId: string): void {
    const run = this.runs.get(runId);
    if (run?.executionFrom === null || run === undefined) return;
    run.timings = { ...run.timings, execution_ms: round(performance.now() - run.executionFrom) };
  }

  timingsOf(runId: string): RunReport['timings'] {
    return this.runs.get(runId)?.timings ?? {};
  }

  forget(runId: string): void {
    this.open.delete(runId);
    this.runs.delete(runId);
  }
}

/** Milliseconds with one decimal. */
export function round(ms: number): number {
  return Math.round(Math.max(0, ms) * 10) / 10;
}
