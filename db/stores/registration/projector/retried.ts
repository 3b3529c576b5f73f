/**
 * Races that Postgres decides by refusing one of two: both found no row and both inserted it (unique violation), or
 * both waited for each other. The loser runs again, this time with the row in front of it.
 */
import { isTransient, sqlState } from '../../../failure.ts';

/** The second try finds a row; more are for deadlocks. */
const mostTries = 4;

export async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === mostTries || !(isTransient(error) || isLostInsert(error))) throw error;
    }
  }
}

/** Somebody else inserted the row first; other unique keys are no race: the row's lock stands before them. */
function isLostInsert(error: unknown): boolean {
  const constraint =
    typeof error === 'object' && error !== null && 'constraint' in error ? error.constraint : undefined;
  return sqlState(error) === '23505' && constraint === 'registration_projections_pkey';
}
