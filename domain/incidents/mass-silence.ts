/**
 * When the silence of many nodes is one event instead of many (registration.md 9 "Sweeper"): consumers then get one
 * notice, and the expiries that follow carry its id.
 */
import type { SweepSettings } from '../../contracts/node/settings.ts';

/** Kind of the incident. */
export const massSilence = 'node_mass_silence';

/** Nodes that fell silent within this span count together, ms. */
export const massSpanMs = 60_000;
/** An incident is closed after this, whatever goes on, ms. */
export const longestIncidentMs = 10 * 60_000;
/** Below this share of silent nodes it is over. */
const calmRatio = 0.05;

export interface FleetSilence {
  /** Nodes in `active`. */
  readonly active: number;
  /** Of those, past their effective deadline. */
  readonly overdue: number;
  /** Of those, past it for at most `massSpanMs`. */
  readonly freshly_overdue: number;
  /** Nodes that left `active` by silence within `massSpanMs`. */
  readonly recently_expired: number;
}

/** Nodes that are watched, those that expired just now included. */
export function monitoredNodes({ active, recently_expired }: FleetSilence): number {
  return active + recently_expired;
}

/**
 * What to do about the incident.
 *
 * @param openForMs age of the open one, null when none is open
 */
export function judgeSilence(
  silence: FleetSilence,
  openForMs: number | null,
  { mass_ratio, mass_minimum }: Pick<SweepSettings, 'mass_ratio' | 'mass_minimum'>,
): 'open' | 'close' | 'stay' {
  const monitored = monitoredNodes(silence);
  if (openForMs === null) {
    const sudden = silence.freshly_overdue + silence.recently_expired;
    return sudden >= mass_minimum && sudden > mass_ratio * monitored ? 'open' : 'stay';
  }
  const silent = silence.overdue + silence.recently_expired;
  // A ratio below that of the calm would open again what was just closed.
  const calm = silent === 0 || silent < Math.min(calmRatio, mass_ratio) * monitored;
  return calm || openForMs >= longestIncidentMs ? 'close' : 'stay';
}
