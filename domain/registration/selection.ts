/**
 * Which of several candidates does the work (registration.md 8 "Selection"). Candidates come in order S (entity id,
 * domain) and are all selectable; that is the reader's part.
 */
import type { SelectionStrategy } from '../../contracts/node/vocabulary.ts';
import type { Random } from '../deadlines/intervals.ts';
import { compareUtf8 } from '../text/bytes.ts';

/** Key of a row and order S. */
export interface SelectionKey {
  readonly entity_id: string;
  readonly domain: string;
}

/** A candidate and its load as last told; null without telemetry. */
export interface Candidate extends SelectionKey {
  readonly active_operations_count: number | null;
  readonly cpu_usage_percent: number | null;
}

export interface SelectionContext {
  readonly random: Random;
  /** What round robin chose last under this key; null before the first. */
  readonly last: SelectionKey | null;
}

/**
 * The chosen candidate, null when there is none. `first`: the least key. `random`: every one equally likely.
 * `round_robin`: the least key above the last one, else the least. `least_loaded`: fewest operations, then least CPU,
 * then least key, those without telemetry last.
 */
export function selectNode<T extends Candidate>(
  strategy: SelectionStrategy,
  candidates: readonly T[],
  { random, last }: SelectionContext,
): T | null {
  switch (strategy) {
    case 'first':
      return candidates[0] ?? null;
    case 'random':
      return candidates[Math.floor(random() * candidates.length)] ?? null;
    case 'round_robin':
      return candidates.find((candidate) => last !== null && compareKeys(candidate, last) > 0) ?? candidates[0] ?? null;
    case 'least_loaded':
      return candidates.toSorted(compareLoads)[0] ?? null;
  }
}

/** Order S: entity id, then domain, both by bytes. */
export function compareKeys(a: SelectionKey, b: SelectionKey): number {
  return compareUtf8(a.entity_id, b.entity_id) || compareUtf8(a.domain, b.domain);
}

function compareLoads(a: Candidate, b: Candidate): number {
  return (
    compareNumbers(a.active_operations_count, b.active_operations_count) ||
    compareNumbers(a.cpu_usage_percent, b.cpu_usage_percent) ||
    compareKeys(a, b)
  );
}

/** What is not known sorts last. */
function compareNumbers(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}
