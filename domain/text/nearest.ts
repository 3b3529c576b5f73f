/** Finds what a person probably meant: the known word closest to a misspelt one. */

/** Words longer than this are never compared: the cost grows with the product of both lengths. */
const longestCompared = 64;

/**
 * The candidate nearest to `word` by edit distance (insert, delete, replace, swap of neighbours), ignoring
 * case; the first of several equally near ones. Undefined when none is near enough to be meant: at most
 * one edit in three characters, at least one.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return nearestOnes(word, candidates, 1)[0];
}

/** Up to `limit` candidates near enough to be meant, nearest first, then in the order given. */
export function nearestOnes(word: string, candidates: Iterable<string>, limit: number): string[] {
  if (word.length === 0 || word.length > longestCompared) return [];
  const wanted = word.toLowerCase();
  const found: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (candidate.length > longestCompared || Math.abs(candidate.length - word.length) > allowed) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance <= allowed) found.push({ candidate, distance });
  }
  return found
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** Optimal string alignment distance: every insertion, deletion, replacement or swap of neighbours costs 1. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, replaced);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, at(beforePrevious, column - 2) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

/** The loops above only read cells they have filled. */
function at(cells: readonly number[], index: number): number {
  return cells[index] ?? 0;
}
