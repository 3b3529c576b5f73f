/**
 * What a search asks for, checked and complete: the query of a caller becomes criteria, and both evaluators (SQL in
 * `db/stores/components`, memory in `evaluate.ts`) work from these (registry.md 5.4).
 */
import { type ComponentType, componentStatuses, componentTypes, lifecycles } from '../../contracts/component-values.ts';
import type { ComponentStatus, Lifecycle } from '../../contracts/component-values.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { SearchQuery, SortKey } from '../../contracts/registry.ts';
import { nearest } from '../text/nearest.ts';
import { sortedSet, utf8Length } from '../text/bytes.ts';
import { viewLifecycles } from '../lifecycle/views.ts';
import { searchTerms } from './text.ts';

export interface SortStep {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** Members combine with AND; null means no condition. The order always ends with the uuid, ascending. */
export interface SearchCriteria {
  readonly types: readonly ComponentType[] | null;
  readonly lifecycles: readonly Lifecycle[];
  readonly statuses: readonly ComponentStatus[] | null;
  /** All of these. */
  readonly tags: readonly string[];
  /** At least one of these; null for no condition. */
  readonly anyTag: readonly string[] | null;
  /** Folded words; all must occur. */
  readonly terms: readonly string[];
  /** Glob on the whole name. */
  readonly namePattern: string | null;
  /** Resource globs of which `type/namespace.name` must match one: what the caller may read. */
  readonly resources: readonly string[] | null;
  readonly order: readonly SortStep[];
}

const sortKeys = ['name', 'namespace', 'type', 'version', 'registered_at', 'updated_at', 'relevance'] as const;
const views = ['production', 'development', 'all'] as const;

const byName: readonly SortStep[] = [
  { key: 'name', descending: false },
  { key: 'version', descending: true },
];

/** How many components one page may hold (registry.md 5.4). */
export const pageLimits = { default: 100, max: 1000 } as const;

/** What one query may ask for (registry.md 6). */
const queryLimits = { textBytes: 4096, patternBytes: 1024, items: 100 } as const;

/**
 * Checks a query and fills in what it leaves open. Lifecycles named without a view are searched whatever view they
 * belong to; with a view both must hold.
 * @throws QY001 for a value that does not exist, naming the nearest one
 */
export function criteriaOf(query: SearchQuery, resources: readonly string[] | null = null): SearchCriteria {
  const terms = atMost('text', searchTerms(checkedText('text', query.text ?? '')));
  const view = query.view === undefined ? undefined : oneOf('view', query.view, views);
  return {
    types: query.type === undefined ? null : allOf('type', query.type, componentTypes),
    lifecycles: lifecyclesOf(query, view),
    statuses: query.status === undefined ? null : [oneOf('status', query.status, componentStatuses)],
    tags: tagSet('tags', query.tags ?? []),
    anyTag: query.any_tag === undefined ? null : tagSet('any_tag', query.any_tag),
    terms,
    namePattern:
      query.name_pattern === undefined
        ? null
        : checkedText('name_pattern', query.name_pattern, queryLimits.patternBytes),
    resources,
    order: orderOf(query, terms),
  };
}

/** @throws QY004 when the limit is not a whole number from 1 to 1000 */
export function pageLimitOf(query: SearchQuery): number {
  const limit = query.limit ?? pageLimits.default;
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimits.max) {
    throw new OmniBaseError('QY004', { details: { limit, allowed: `1-${pageLimits.max}` } });
  }
  return limit;
}

function lifecyclesOf(query: SearchQuery, view: SearchQuery['view']): readonly Lifecycle[] {
  if (query.lifecycle === undefined) return viewLifecycles(view ?? 'development');
  const named = allOf('lifecycle', query.lifecycle, lifecycles);
  return view === undefined ? named : named.filter((lifecycle) => viewLifecycles(view).includes(lifecycle));
}

function orderOf(query: SearchQuery, terms: readonly string[]): readonly SortStep[] {
  const asked = (query.sort ?? []).map(({ key, order }) => ({
    key: oneOf('sort', key, sortKeys),
    descending: oneOf('sort order', order, ['asc', 'desc'] as const) === 'desc',
  }));
  const steps: SortStep[] = asked.length > 0 ? asked : [...relevanceFirst(terms), ...byName];
  // Without words every component is equally relevant; a key named twice decides nothing the second time.
  return steps.filter(
    ({ key }, index) =>
      (key !== 'relevance' || terms.length > 0) && steps.findIndex((step) => step.key === key) === index,
  );
}

function relevanceFirst(terms: readonly string[]): SortStep[] {
  return terms.length === 0 ? [] : [{ key: 'relevance', descending: false }];
}

function tagSet(field: string, tags: readonly string[]): readonly string[] {
  return atMost(field, sortedSet(tags.map((tag) => checkedText(field, tag))));
}

/** Text that no stored value can hold is a mistake of the caller, and Postgres would refuse it. */
function checkedText(field: string, text: string, limit: number = queryLimits.textBytes): string {
  if (text.includes('\u0000') || !text.isWellFormed())
    throw refusal(field, `${field} holds a character that is refused`);
  if (utf8Length(text) > limit) throw refusal(field, `${field} is longer than ${limit} bytes`);
  return text;
}

function atMost<T>(field: string, items: readonly T[]): readonly T[] {
  if (items.length <= queryLimits.items) return items;
  throw refusal(field, `${field} has more than ${queryLimits.items} words`);
}

function refusal(field: string, reason: string): OmniBaseError {
  return new OmniBaseError('QY001', { details: { reason, field } });
}

function allOf<T extends string>(field: string, values: readonly string[], allowed: readonly T[]): T[] {
  return [...new Set(values.map((value) => oneOf(field, value, allowed)))].sort();
}

function oneOf<T extends string>(field: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const meant = nearest(value, allowed);
  const reason = `${field} ${JSON.stringify(value)} does not exist${meant === undefined ? '' : `, did you mean ${meant}?`}`;
  throw new OmniBaseError('QY001', { details: { reason, field, value, allowed: [...allowed] } });
}
