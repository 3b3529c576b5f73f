/**
 * Episodes and their pages (runs.md 4.1, 4.4). An episode is one departure from `healthy`; one that begins within 300 s of
 * the end of the one before keeps its number, so that a flapping run pages and recommends once. A page that an override
 * or an incident holds back goes out once that ends.
 */
import { flapSpanMs } from '../../../contracts/run/limits.ts';
import type { PageState, RunCore } from '../../../contracts/run/row.ts';
import { instantOf } from '../time.ts';

type EpisodeRecord = Pick<
  RunCore,
  'id' | 'attempt' | 'episode' | 'unresponsive_episode' | 'page_state' | 'health_status' | 'health_since'
>;

export type PageAction = 'trigger' | 'hold' | 'resolve';
/** `run_id:attempt:episode`, with what a pager should do. */
export interface Page {
  readonly key: string;
  readonly action: PageAction;
}

/** Number of the episode that a departure from `healthy` begins, or goes on with. */
export function episodeAt(run: EpisodeRecord, now: number): number {
  const goesOn = run.episode > 0 && now - instantOf(run.health_since) <= flapSpanMs;
  return goesOn ? run.episode : run.episode + 1;
}

export interface Escalation {
  readonly page_state: PageState | null;
  readonly page: Page | null;
  /** A recommendation to terminate, once per episode. */
  readonly recommends: boolean;
}

/** What becoming unresponsive does to the page; `held` by an open incident. */
export function escalate(run: EpisodeRecord, held: boolean): Escalation {
  const first = run.unresponsive_episode !== run.episode;
  const due = first || run.page_state === 'held';
  if (!due) return { page_state: run.page_state, page: null, recommends: false };
  return held
    ? { page_state: 'held', page: null, recommends: first }
    : { page_state: 'open', page: pageOf(run, 'trigger'), recommends: first };
}

/** The end of an episode, by a beat, a reset or the end of the run. */
export function resolvePage(run: EpisodeRecord): Pick<Escalation, 'page_state' | 'page'> {
  return run.page_state === 'open'
    ? { page_state: 'resolved', page: pageOf(run, 'resolve') }
    : { page_state: run.page_state, page: null };
}

/** An override resolves the page as held. */
export function holdPage(run: EpisodeRecord): Pick<Escalation, 'page_state' | 'page'> {
  return run.page_state === 'open'
    ? { page_state: 'held', page: pageOf(run, 'hold') }
    : { page_state: run.page_state, page: null };
}

/** Whether a held page goes out now: its run is unresponsive, and no incident is open. */
export function isPageOwed(
  { health, page_state }: { readonly health: string; readonly page_state: PageState | null },
  incidentId: string | null,
): boolean {
  return health === 'unresponsive' && page_state === 'held' && incidentId === null;
}

export function pageOf({ id, attempt, episode }: EpisodeRecord, action: PageAction): Page {
  return { key: `${id}:${String(attempt)}:${String(episode)}`, action };
}
