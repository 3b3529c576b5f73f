/**
 * How many nodes are active, for the interval told to them (registration.md 2): a large fleet is told to beat less often.
 * Asked at most every 15 s, beside the beats and never before one; while it cannot be told, the last count holds.
 */

const keptMs = 15_000;

/**
 * @param count asks the database
 * @returns the last count, 0 before the first; cheap
 */
export function createFleetSize(
  count: () => Promise<number>,
  now: () => number = () => performance.now(),
): () => number {
  let known = 0;
  let askAt = Number.NEGATIVE_INFINITY;
  const refresh = async (): Promise<void> => {
    try {
      known = await count();
    } catch {
      // Beats are answered without it; the database's own state is told elsewhere.
    }
  };
  return () => {
    if (now() >= askAt) {
      askAt = now() + keptMs;
      void refresh();
    }
    return known;
  };
}
