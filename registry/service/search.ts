/** Search: criteria in, one page of records out, from memory, Postgres or the file cache (registry.md 5.4). */
import type { ComponentRecord } from '../../contracts/component.ts';
import type { Answer, CallContext, SearchQuery, SearchResult } from '../../contracts/registry.ts';
import { searchComponents } from '../../db/stores/components/search.ts';
import { criteriaOf, pageLimitOf, type SearchCriteria } from '../../domain/search/criteria.ts';
import { evaluateSearch, type Position, type SearchEntry, searchEntryOf } from '../../domain/search/evaluate.ts';
import { grantedResources } from '../access/grants.ts';
import type { CacheState } from '../cache/file/read-state.ts';
import { hashOf } from '../hashes.ts';
import { authorise } from './authorise.ts';
import type { CallFacts } from './call.ts';
import { decodePosition, encodePosition } from './cursor.ts';
import { fromMemory } from './freshness.ts';
import { read } from './read.ts';
import type { Runtime } from './runtime.ts';

interface Found {
  readonly records: readonly ComponentRecord[];
  readonly next: Position | null;
  readonly total: number | null;
}

/** @throws QY001 for a value that does not exist, QY004 for a limit or cursor that does not fit */
export async function search(
  runtime: Runtime,
  query: SearchQuery,
  context: CallContext,
  facts: CallFacts,
): Promise<Answer<SearchResult>> {
  authorise(runtime, context, 'registry.read');
  const criteria = criteriaOf(query, grantedResources(context.principal, 'registry.read'));
  const page = {
    limit: pageLimitOf(query),
    after: query.cursor === undefined ? null : decodePosition(query.cursor, criteria),
    withTotal: query.with_total === true,
  };
  const answer = (found: Found, freshness: Answer<SearchResult>['freshness']): Answer<SearchResult> => {
    facts.result_count = found.records.length;
    return { data: resultOf(found, criteria, page), freshness, warnings: [] };
  };
  const key = runtime.memory.live ? hashOf({ criteria, page }) : '';
  const remembered = runtime.memory.page<Found>(key);
  if (runtime.memory.live) runtime.observer.cacheRequest('l1', remembered === undefined ? 'miss' : 'hit');
  if (remembered !== undefined) return answer(remembered.value, fromMemory(remembered.at));
  const generation = runtime.memory.generation;
  const { value, freshness } = await read<Found>(runtime, {
    operation: 'search',
    database: (database) => searchComponents(database, criteria, page),
    file: (state) => searchFile(state, criteria, page),
  });
  if (freshness.source === 'postgres') runtime.memory.storePage(key, value, generation);
  return answer(value, freshness);
}

/** What search derives from a record is kept with the record, not computed again for every query. */
const entries = new WeakMap<ComponentRecord, SearchEntry>();

function searchFile(
  state: CacheState,
  criteria: SearchCriteria,
  page: { readonly limit: number; readonly after: Position | null; readonly withTotal: boolean },
): Found {
  const all = [...state.records.values()].map((record) => {
    const entry = entries.get(record) ?? searchEntryOf(record);
    entries.set(record, entry);
    return entry;
  });
  const found = evaluateSearch(all, criteria, page);
  return {
    records: found.entries.map(({ record }) => record),
    next: found.next,
    total: page.withTotal ? found.total : null,
  };
}

function resultOf(
  { records, next, total }: Found,
  criteria: SearchCriteria,
  { limit }: { readonly limit: number },
): SearchResult {
  return {
    items: records,
    page: {
      limit,
      has_more: next !== null,
      next_cursor: next === null ? null : encodePosition(next, criteria),
      ...(total === null ? {} : { total }),
    },
  };
}
