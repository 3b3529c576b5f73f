/**
 * What the sweep asks of whatever it watches (registration.md 9 "Sweeper"): nodes now, runs as well once they are there.
 * Pace, order and report are the sweep's; statements and messages are the subject's.
 */
import type { PokeKind } from '../../contracts/node/vocabulary.ts';
import type { SweepReport } from '../../contracts/node/sweep.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';

/** Proof of life for the engine, and its wish to stop. */
export interface Pulse {
  beat(): void;
  readonly signal: AbortSignal;
}

/** One workflow that is due for a poke. */
export interface PokeTarget {
  readonly kind: PokeKind;
  /** Among all targets: those never poked for this go first, then the lower `turn`. */
  readonly again: boolean;
  readonly turn: number;
}

export interface Census {
  readonly monitored: number;
  readonly overdue: number;
  readonly incident: SweepReport['incident'];
}

/** One sweep over one subject: its parts run in this order. */
export interface SubjectSweep<Target extends PokeTarget = PokeTarget> {
  /** Counts, and opens or closes the incident of a mass event. */
  count(): Promise<Census>;
  /** Copies hot truth to coarse columns; answers how many rows. */
  renew(): Promise<number>;
  /** Those who go first, at most `limit`. */
  due(limit: number): Promise<readonly Target[]>;
  /** Notes the pokes and answers which of them may be sent. */
  claim(targets: readonly Target[]): Promise<readonly Target[]>;
  /** Sends one; rejects when the engine did not take it. */
  poke(target: Target): Promise<void>;
}

export interface SweepSubject<Target extends PokeTarget = PokeTarget> {
  readonly name: string;
  begin(settings: NodeSettings, pulse: Pulse): SubjectSweep<Target>;
}

/** Who goes first. */
export function byTurn(one: PokeTarget, other: PokeTarget): number {
  return Number(one.again) - Number(other.again) || one.turn - other.turn;
}
