/**
 * The deadline sweep (registration.md 9 "Sweeper"): one workflow, one activity, for nodes and later for runs alike.
 */
import type { PokeKind } from './vocabulary.ts';

export interface SweepInput {
  readonly schema_version: 1;
  /** Sweeps done by the runs before this one. */
  readonly sweeps: number;
  readonly limits?: { readonly history_events?: number };
}

export interface SweepActivities {
  sweepDeadlines(): Promise<SweepReport>;
}

export interface SweepReport {
  readonly interval_ms: number;
  readonly monitored: number;
  readonly overdue: number;
  /** Coarse deadlines copied forward. */
  readonly renewed: number;
  readonly poked: Readonly<Record<PokeKind, number>>;
  readonly incident: 'none' | 'opened' | 'open' | 'closed';
  readonly duration_ms: number;
}
