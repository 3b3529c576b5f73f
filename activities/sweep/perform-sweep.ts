/**
 * One sweep (registration.md 9 "Sweeper"): says that the path `signal` works, counts, renews coarse deadlines, and pokes
 * what is due, over every subject. It writes no state of anything.
 */
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { SweepReport } from '../../contracts/node/sweep.ts';
import { type PokeKind, pokeKinds } from '../../contracts/node/vocabulary.ts';
import type { Database } from '../../db/client.ts';
import { refreshPath } from '../../db/stores/liveness/path.ts';
import { pokeAtPace } from './poke-at-pace.ts';
import { byTurn, type Census, type PokeTarget, type Pulse, type SubjectSweep, type SweepSubject } from './subject.ts';

export interface SweepDeps {
  readonly database: Database;
  readonly settings: () => NodeSettings;
  readonly subjects: readonly SweepSubject[];
  readonly observer: SweepObserver;
}

export interface SweepObserver {
  /** A poke the engine took. */
  poked(kind: PokeKind): void;
  /** One it did not take; the node is tried again after its rest. */
  pokeFailed(target: PokeTarget, error: unknown): void;
  swept(report: SweepReport): void;
}

/** Refreshes of the path's row while pokes go out, ms: well below the 10 s after which it would count as down. */
const refreshEveryMs = 2_000;

/** @throws what the database throws; nothing else ends a sweep but the pulse's signal */
export async function performSweep(deps: SweepDeps, pulse: Pulse): Promise<SweepReport> {
  const started = performance.now();
  const settings = deps.settings();
  const refresh = refresher(deps.database);
  await refresh();
  pulse.beat();

  const sweeps = deps.subjects.map((subject) => subject.begin(settings, pulse));
  const censuses: Census[] = [];
  let renewed = 0;
  for (const sweep of sweeps) {
    censuses.push(await sweep.count());
    renewed += await sweep.renew();
    pulse.beat();
  }
  const poked = await pokeDue(sweeps, deps, settings, refresh, pulse);

  const report: SweepReport = {
    interval_ms: settings.sweep.interval_ms,
    monitored: sum(censuses, ({ monitored }) => monitored),
    overdue: sum(censuses, ({ overdue }) => overdue),
    renewed,
    poked,
    incident: censuses.find(({ incident }) => incident !== 'none')?.incident ?? 'none',
    duration_ms: Math.round(performance.now() - started),
  };
  deps.observer.swept(report);
  return report;
}

/** As many as fit into the time until the next sweep; who does not fit is first in line there. */
async function pokeDue(
  sweeps: readonly SubjectSweep[],
  { observer }: SweepDeps,
  { sweep: { pokes_per_second, interval_ms } }: NodeSettings,
  refresh: () => Promise<void>,
  pulse: Pulse,
): Promise<SweepReport['poked']> {
  const budget = Math.max(pokes_per_second, Math.floor((pokes_per_second * interval_ms) / 1000));
  const found: { readonly sweep: SubjectSweep; readonly target: PokeTarget }[] = [];
  for (const sweep of sweeps) {
    found.push(...(await sweep.due(budget)).map((target) => ({ sweep, target })));
  }
  const first = found.toSorted((one, other) => byTurn(one.target, other.target)).slice(0, budget);
  const poked = Object.fromEntries(pokeKinds.map((kind) => [kind, 0])) as Record<PokeKind, number>;
  await pokeAtPace(first, {
    perSecond: pokes_per_second,
    refresh,
    claim: async (batch) => {
      const claimed = await Promise.all(
        sweeps.map((sweep) => sweep.claim(batch.filter((one) => one.sweep === sweep).map(({ target }) => target))),
      );
      const allowed = new Set(claimed.flat());
      return batch.filter(({ target }) => allowed.has(target));
    },
    send: async ({ sweep, target }) => {
      try {
        await sweep.poke(target);
        poked[target.kind] += 1;
        observer.poked(target.kind);
      } catch (error) {
        observer.pokeFailed(target, error);
      }
    },
    pulse,
  });
  return poked;
}

function refresher(database: Database): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - last < refreshEveryMs) return;
    last = performance.now();
    await refreshPath(database, 'sweep');
  };
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
