/** When the silence of many runs is one incident and one page (runs.md 4.4). */

/** Runs that became overdue within this span count together, ms. */
export const massSpanMs = 60_000;

export interface RunSilence {
  /** Runs with a clock of silence. */
  readonly monitored: number;
  /** Of those, overdue since at most `massSpanMs`. */
  readonly freshly_overdue: number;
}

export interface OpenIncident {
  /** Runs that were marked with it. */
  readonly affected: number;
  /** Of those, silent still. */
  readonly silent: number;
}

export interface MassSettings {
  readonly mass_ratio: number;
  readonly mass_minimum: number;
}

/** Below this share of the affected an incident is over. */
const calmRatio = 0.05;

/** @param open null while none is */
export function judgeMassSilence(
  { monitored, freshly_overdue }: RunSilence,
  open: OpenIncident | null,
  { mass_ratio, mass_minimum }: MassSettings,
): 'open' | 'close' | 'stay' {
  if (open !== null) return open.silent === 0 || open.silent < calmRatio * open.affected ? 'close' : 'stay';
  return freshly_overdue >= mass_minimum && freshly_overdue > mass_ratio * monitored ? 'open' : 'stay';
}
