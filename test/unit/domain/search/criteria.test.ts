import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { SearchQuery } from '../../../../contracts/registry.ts';
import { criteriaOf, pageLimitOf } from '../../../../domain/search/criteria.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof OmniBaseError) return `${error.code} ${String(error.details?.['reason'])}`;
    throw error;
  }
  return 'accepted';
}

describe('criteria', () => {
  it('of an empty query are everything in development, by name', () => {
    expect(criteriaOf({})).toEqual({
      types: null,
      lifecycles: ['draft', 'experimental', 'canary', 'active', 'deprecated'],
      statuses: null,
      tags: [],
      anyTag: null,
      terms: [],
      namePattern: null,
      resources: null,
      order: [
        { key: 'name', descending: false },
        { key: 'version', descending: true },
      ],
    });
  });

  it('are the same for queries that mean the same', () => {
    const one: SearchQuery = {
      tags: ['b', 'a', 'b'],
      type: ['tool', 'validator'],
      lifecycle: ['active', 'active'],
      text: 'X  x',
    };
    const other: SearchQuery = {
      tags: ['a', 'b'],
      type: ['validator', 'tool', 'tool'],
      lifecycle: ['active'],
      text: 'x',
    };
    expect(criteriaOf(one)).toEqual(criteriaOf(other));
  });

  it.each([
    [{ text: 'x' }, ['relevance asc', 'name asc', 'version desc']],
    [{ sort: [{ key: 'relevance', order: 'desc' }] }, []],
    [{ text: 'x', sort: [{ key: 'relevance', order: 'desc' }] }, ['relevance desc']],
    [
      {
        sort: [
          { key: 'type', order: 'desc' },
          { key: 'type', order: 'asc' },
        ],
      },
      ['type desc'],
    ],
    [{ sort: [] }, ['name asc', 'version desc']],
  ] as [SearchQuery, string[]][])('%j are sorted by %j', (query, order) => {
    expect(criteriaOf(query).order.map(({ key, descending }) => `${key} ${descending ? 'desc' : 'asc'}`)).toEqual(
      order,
    );
  });

  it('of no tag at all match nothing', () => {
    expect(criteriaOf({ any_tag: [] }).anyTag).toEqual([]);
  });

  it.each([
    [{ text: 'a\u0000b' }, 'character'],
    [{ tags: ['\ud800'] }, 'character'],
    [{ name_pattern: 'x\u0000' }, 'character'],
    [{ text: 'ü'.repeat(2049) }, 'longer than 4096 bytes'],
    [{ name_pattern: 'x'.repeat(1025) }, 'longer than 1024 bytes'],
    [{ text: Array.from({ length: 101 }, (_, index) => `w${index}`).join(' ') }, 'more than 100 words'],
    [{ any_tag: Array.from({ length: 101 }, (_, index) => `t${index}`) }, 'more than 100 words'],
    [{ type: ['validater'] }, 'did you mean validator?'],
    [{ view: 'everything' }, 'view "everything" does not exist'],
  ])('refuse %j', (query, reason) => {
    const code = codeOf(() => criteriaOf(query as SearchQuery));
    expect(code).toMatch(/^QY001 /);
    expect(code).toContain(reason);
  });
});

describe('the limit of a page', () => {
  it.each([
    [undefined, 100],
    [1, 1],
    [1000, 1000],
  ])('%s is %i', (limit, expected) => {
    expect(pageLimitOf(limit === undefined ? {} : { limit })).toBe(expected);
  });

  it.each([0, 1001, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('%s is refused', (limit) => {
    expect(codeOf(() => pageLimitOf({ limit }))).toMatch(/^QY004/);
  });
});
