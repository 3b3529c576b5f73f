/**
 * Search over records in memory: what the file cache answers with while Postgres is away. Same components, same
 * order, same pages as the SQL; a property test holds both together (registry.md 6).
 */
import type { ComponentRecord } from '../../contracts/component.ts';
import { compareUtf8 } from '../text/bytes.ts';
import { versionKey } from '../versions/version-key.ts';
import type { SearchCriteria, SortStep } from './criteria.ts';
import { globMatcher, parseNameGlob, parseResourceGlob } from './globs.ts';
import { relevanceOf, searchTextOf } from './text.ts';

/** A record with what search derives from it. */
export interface SearchEntry {
  readonly record: ComponentRecord;
  readonly versionKey: string;
  readonly searchText: string;
}

/** Values of the sort keys, then the uuid: where a page ended. */
export type Position = readonly (string | number)[];

export interface FoundPage {
  readonly entries: readonly SearchEntry[];
  /** Where the next page starts; null on the last one. */
  readonly next: Position | null;
  readonly total: number;
}

export function searchEntryOf(record: ComponentRecord): SearchEntry {
  return { record, versionKey: versionKey(record.metadata.version), searchText: searchTextOf(record.metadata) };
}

/** One page of what matches, after `after` (null: from the start). */
export function evaluateSearch(
  entries: Iterable<SearchEntry>,
  criteria: SearchCriteria,
  page: { readonly limit: number; readonly after: Position | null },
): FoundPage {
  const matches = matcherOf(criteria);
  const found = [...entries]
    .filter(matches)
    .map((entry) => ({ entry, position: positionOf(entry, criteria) }))
    .sort((a, b) => comparePositions(a.position, b.position, criteria.order));
  const { after } = page;
  const start =
    after === null ? 0 : found.filter(({ position }) => comparePositions(position, after, criteria.order) <= 0).length;
  const items = found.slice(start, start + page.limit);
  const more = found.length > start + page.limit;
  return {
    entries: items.map(({ entry }) => entry),
    next: more ? (items.at(-1)?.position ?? null) : null,
    total: found.length,
  };
}

/** The values a record is ordered by, ending with its uuid. */
export function positionOf(entry: SearchEntry, criteria: SearchCriteria): Position {
  return [...criteria.order.map(({ key }) => sortValue(entry, key, criteria)), entry.record.metadata.uuid];
}

function matcherOf(criteria: SearchCriteria): (entry: SearchEntry) => boolean {
  const { types, lifecycles, statuses, tags, anyTag, terms } = criteria;
  const named = criteria.namePattern === null ? () => true : globMatcher(parseNameGlob(criteria.namePattern));
  const granted = criteria.resources?.map((glob) => globMatcher(parseResourceGlob(glob))) ?? null;
  return ({ record: { metadata }, searchText }) =>
    (types === null || types.includes(metadata.type)) &&
    lifecycles.includes(metadata.lifecycle) &&
    (statuses === null || statuses.includes(metadata.status)) &&
    tags.every((tag) => metadata.tags.includes(tag)) &&
    (anyTag === null || anyTag.some((tag) => metadata.tags.includes(tag))) &&
    terms.every((term) => searchText.includes(term)) &&
    named(metadata.name) &&
    (granted === null || granted.some((grants) => grants(resourceOf(metadata))));
}

/** What capabilities name a component by (registry.md 11.1). */
export function resourceOf(component: {
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
}): string {
  return `${component.type}/${component.namespace}.${component.name}`;
}

function sortValue(entry: SearchEntry, key: SortStep['key'], criteria: SearchCriteria): string | number {
  const { metadata, registry } = entry.record;
  switch (key) {
    case 'name':
    case 'namespace':
    case 'type':
      return metadata[key];
    case 'version':
      return entry.versionKey;
    case 'registered_at':
    case 'updated_at':
      return registry[key];
    case 'relevance':
      return relevanceOf(entry.searchText, criteria.terms);
  }
}

function comparePositions(a: Position, b: Position, order: readonly SortStep[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? '';
    const difference =
      typeof left === 'number' && typeof right === 'number' ? left - right : compareUtf8(String(left), String(right));
    if (difference !== 0) return order[index]?.descending === true ? -difference : difference;
  }
  return 0;
}
