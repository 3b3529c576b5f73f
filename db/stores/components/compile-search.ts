/**
 * Search criteria as one parameterised statement (registry.md 6). The text depends only on which conditions are
 * there, never on their values, so each shape is prepared once per connection. `domain/search/evaluate.ts` answers
 * the same from memory.
 */
import { createHash } from 'node:crypto';
import type { SearchCriteria, SortStep } from '../../../domain/search/criteria.ts';
import type { Position } from '../../../domain/search/evaluate.ts';
import { type GlobPart, globExpression, parseNameGlob, parseResourceGlob } from '../../../domain/search/globs.ts';
import type { Statement } from '../../transaction.ts';
import { recordColumns } from './record.ts';

/** Collects parameters: `add` stores a value and answers its placeholder. */
class Parameters {
  readonly values: unknown[] = [];
  add(value: unknown, type = ''): string {
    this.values.push(value);
    return `$${this.values.length}${type === '' ? '' : `::${type}`}`;
  }
}

/** The page after `after`, one row longer than `limit` so that the caller sees whether more follow. */
export function compileSearch(
  criteria: SearchCriteria,
  page: { readonly limit: number; readonly after: Position | null },
): Statement {
  const parameters = new Parameters();
  const conditions = conditionsOf(criteria, parameters);
  const keys = keysOf(criteria, parameters);
  const wanted = page.after === null ? conditions : [...conditions, afterPosition(keys, page.after, parameters)];
  const order = keys.map(({ expression, descending }) => `${expression}${descending ? ' DESC' : ''}`);
  const positions = keys.map(({ expression }, index) => `${expression} AS position_${index}`);
  const text =
    `SELECT ${recordColumns('c')}, ${positions.join(', ')} FROM components c` +
    ` WHERE ${wanted.join(' AND ')} ORDER BY ${order.join(', ')} LIMIT ${parameters.add(page.limit + 1)}`;
  return named(text, parameters.values);
}

/** How many components match, all pages together. */
export function compileCount(criteria: SearchCriteria): Statement {
  const parameters = new Parameters();
  const conditions = conditionsOf(criteria, parameters);
  return named(
    `SELECT count(*)::integer AS total FROM components c WHERE ${conditions.join(' AND ')}`,
    parameters.values,
  );
}

function conditionsOf(criteria: SearchCriteria, parameters: Parameters): string[] {
  const { types, lifecycles, statuses, tags, anyTag, terms, namePattern, resources } = criteria;
  return [
    `c.lifecycle = ANY(${parameters.add(lifecycles)})`,
    ...(types === null ? [] : [`c.type = ANY(${parameters.add(types)})`]),
    ...(statuses === null ? [] : [`c.status = ANY(${parameters.add(statuses)})`]),
    ...(tags.length === 0 ? [] : [`c.tags @> ${parameters.add(tags, 'text[]')}`]),
    ...(anyTag === null ? [] : [`c.tags && ${parameters.add(anyTag, 'text[]')}`]),
    ...terms.map((term) => containsTerm(term, parameters)),
    ...(namePattern === null ? [] : [`c.name LIKE ${parameters.add(likePattern(parseNameGlob(namePattern)))}`]),
    ...(resources === null
      ? []
      : [
          `(c.type || '/' || c.namespace || '.' || c.name) ~ ANY(${parameters.add(
            resources.map((glob) => globExpression(parseResourceGlob(glob))),
            'text[]',
          )})`,
        ]),
  ];
}

/**
 * A word without three letters or digits in a row gives the trigram index nothing to look up, and a full pass over it
 * is slower than the table (28 against 7 ms at 10,000 components), so such a word is written in a form the index
 * does not serve.
 */
function containsTerm(term: string, parameters: Parameters): string {
  return /[\p{L}\p{N}]{3}/u.test(term)
    ? `c.search_text LIKE ${parameters.add(`%${escapeLike(term)}%`)}`
    : `strpos(c.search_text, ${parameters.add(term)}) > 0`;
}

function likePattern(parts: readonly GlobPart[]): string {
  return parts
    .map((part) => (part.kind === 'literal' ? escapeLike(part.text) : part.kind === 'one' ? '_' : '%'))
    .join('');
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

interface OrderKey {
  readonly expression: string;
  readonly descending: boolean;
  readonly type: string;
}

function keysOf(criteria: SearchCriteria, parameters: Parameters): OrderKey[] {
  const keys = criteria.order.map(({ key, descending }) => ({ ...keyOf(key, criteria, parameters), descending }));
  return [...keys, { expression: 'c.uuid', descending: false, type: 'uuid' }];
}

function keyOf(key: SortStep['key'], criteria: SearchCriteria, parameters: Parameters): Omit<OrderKey, 'descending'> {
  switch (key) {
    case 'name':
    case 'namespace':
    case 'type':
      return { expression: `c.${key}`, type: 'text' };
    case 'version':
      return { expression: 'c.version_key', type: 'text' };
    case 'registered_at':
    case 'updated_at':
      return { expression: `c.${key}`, type: 'timestamptz' };
    case 'relevance':
      return { expression: relevanceExpression(parameters.add(criteria.terms.join(' '), 'text')), type: 'integer' };
  }
}

/** The name is the first line of `search_text`; the phrase holds no line break, so a prefix never passes its end. */
function relevanceExpression(phrase: string): string {
  return (
    `CASE WHEN starts_with(c.search_text, ${phrase} || E'\\n') THEN 0 WHEN starts_with(c.search_text, ${phrase}) THEN 1` +
    ` WHEN strpos(split_part(c.search_text, E'\\n', 1), ${phrase}) > 0 THEN 2 ELSE 3 END`
  );
}

/**
 * Strictly after a position when keys differ in direction: greater in the first key, or equal there and after in the
 * rest. The first key's inclusive bound is stated apart, because that is what an index can start from.
 */
function afterPosition(keys: readonly OrderKey[], position: Position, parameters: Parameters): string {
  const bounds = keys.map(({ expression, descending, type }, index) => {
    const value = parameters.add(position[index], type);
    const after = descending ? '<' : '>';
    return {
      beyond: `${expression} ${after} ${value}`,
      equal: `${expression} = ${value}`,
      from: `${expression} ${after}= ${value}`,
    };
  });
  const strictly = bounds.reduceRight(
    (rest, { beyond, equal }) => (rest === '' ? beyond : `(${beyond} OR (${equal} AND ${rest}))`),
    '',
  );
  return `${bounds[0]?.from ?? 'true'} AND ${strictly}`;
}

function named(text: string, values: readonly unknown[]): Statement {
  return { text, values, name: `search_${createHash('sha1').update(text).digest('hex').slice(0, 24)}` };
}
