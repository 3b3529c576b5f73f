import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComponentRecord } from '../../../contracts/component.ts';
import type { SearchQuery } from '../../../contracts/registry.ts';
import { validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;
let online: TestRegistry['registry'];
let offline: TestRegistry['registry'];

/** Words that meet in many ways: prefixes of each other, other scripts, characters special to LIKE and to expressions. */
const names = [
  'yaml',
  'yaml-lint',
  'YAML',
  'json',
  'js',
  'a.b',
  'a_b',
  'a-b',
  'axb',
  '100',
  'zz',
  'Übergröße',
  '😀',
  '￿',
  'x y',
  'per%cent',
  'back\\slash',
];
const namespaces = ['local', 'team', 'team.sub', 'x'];
const tags = ['ci', 'pre-commit', 'CI', 'schnell', 'ü', '%', 'a b'];
const descriptions = [
  'checks YAML files',
  'Größe des Übels',
  'İstanbul',
  '100% sure_thing',
  'back\\slash',
  'ab',
  'line\nbreak',
];
const versions = ['1.0.0', '1.2.0', '1.10.0', '2.0.0-rc.1', '2.0.0-rc.11', '0.0.1'];
const lifecycles = ['draft', 'experimental', 'canary', 'active', 'archived'] as const;
const types = ['validator', 'tool', 'model'] as const;

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state;
  }
}

beforeAll(async () => {
  test = await openTestRegistry();
  online = test.registry;
  offline = test.another({ offline: 'always' });
  const next = numbers(7);
  const pick = <T>(items: readonly T[]): T => items[next.next().value % items.length] as T;
  for (let made = 0, tried = 0; made < 120 && tried < 1000; tried++) {
    const lifecycle = pick(lifecycles);
    const document = validatorDocument(pick(names), {
      type: pick(types),
      namespace: pick(namespaces),
      version: pick(versions),
      lifecycle: lifecycle === 'archived' ? 'draft' : lifecycle,
      status: pick(['active', 'active', 'inactive', 'pending_review']),
      description: pick(descriptions),
      tags: tags.filter(() => next.next().value % 3 === 0),
    });
    try {
      await online.register(document, {}, context());
    } catch {
      // The same coordinates twice: another draw.
      continue;
    }
    made++;
    if (lifecycle === 'archived') await online.remove(document.uuid, { reason: 'old' }, context());
  }
});

afterAll(() => test.close());

const idsOf = (records: readonly ComponentRecord[]): string[] => records.map(({ metadata }) => metadata.uuid);

/** Every page of a search. */
async function pagesOf(registry: TestRegistry['registry'], query: SearchQuery): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | undefined; ; ) {
    const { data } = await registry.search({ ...query, ...(cursor === undefined ? {} : { cursor }) }, context());
    pages.push(idsOf(data.items));
    expect(data.page.has_more).toBe(data.page.next_cursor !== null);
    if (data.page.next_cursor === null) return pages;
    cursor = data.page.next_cursor;
  }
}

const sortKey = fc.constantFrom('name', 'namespace', 'type', 'version', 'registered_at', 'updated_at', 'relevance');
const text = fc.oneof(
  fc.constantFrom(
    'yaml',
    'YAML',
    'ya',
    'check yaml',
    'größe',
    'GRÖSSE',
    'i̇stanbul',
    'İ',
    '%',
    '_',
    '\\',
    'sure_',
    '100%',
    'team sub',
    '😀',
    '   ',
    '',
    'ci',
    'line',
    'x y',
    "'",
    'pre-commit',
  ),
  fc.string({ maxLength: 4 }),
);
const query: fc.Arbitrary<SearchQuery> = fc.record(
  {
    type: fc.subarray([...types], { minLength: 1 }),
    tags: fc.subarray(tags, { maxLength: 2 }),
    any_tag: fc.subarray(tags, { maxLength: 3 }),
    lifecycle: fc.subarray([...lifecycles], { minLength: 1 }),
    status: fc.constantFrom('active', 'inactive', 'pending_review'),
    text,
    name_pattern: fc.constantFrom(
      '*',
      '?',
      'yaml*',
      '*.*',
      'a?b',
      'a_b',
      'per%cent',
      'back\\\\*',
      '\\*',
      '*ß*',
      '',
      '😀',
      '\\',
    ),
    view: fc.constantFrom('production', 'development', 'all'),
    sort: fc.array(fc.record({ key: sortKey, order: fc.constantFrom('asc', 'desc') }), { maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 50 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<SearchQuery>;

describe('search', () => {
  it('gives the same components in the same order from Postgres and from the file cache', async () => {
    await fc.assert(
      fc.asyncProperty(query, async (asked) => {
        const whole = { ...asked, limit: 1000, with_total: true };
        const [here, there] = await Promise.all([online.search(whole, context()), offline.search(whole, context())]);
        expect(idsOf(there.data.items)).toEqual(idsOf(here.data.items));
        expect(there.data).toEqual(here.data);
        expect(here.data.page.total).toBe(here.data.items.length);
      }),
      { numRuns: 300, seed: 20_260_101 },
    );
  });

  it('gives the same pages, and all pages together are the whole', async () => {
    await fc.assert(
      fc.asyncProperty(query, async (asked) => {
        const paged = { ...asked, limit: Math.max(7, asked.limit ?? 7) };
        const [here, there] = [await pagesOf(online, paged), await pagesOf(offline, paged)];
        expect(there).toEqual(here);
        const whole = await online.search({ ...asked, limit: 1000 }, context());
        expect(here.flat()).toEqual(idsOf(whole.data.items));
      }),
      { numRuns: 60, seed: 20_260_102 },
    );
  });

  it('continues a page of one side on the other', async () => {
    const first = await online.search({ view: 'all', limit: 10 }, context());
    const cursor = first.data.page.next_cursor ?? '';
    const [here, there] = await Promise.all(
      [online, offline].map((registry) => registry.search({ view: 'all', limit: 10, cursor }, context())),
    );
    expect(there?.data).toEqual(here?.data);
  });

  it('returns the same object as lookup', async () => {
    const { data } = await online.search({ limit: 3 }, context());
    for (const record of data.items) {
      expect((await online.lookup(record.metadata.uuid, {}, context())).data).toEqual(record);
    }
  });

  it('sorts by name, then by version, highest first', async () => {
    const { data } = await online.search(
      { type: ['validator'], name_pattern: 'yaml*', view: 'all', limit: 1000 },
      context(),
    );
    const found = data.items.map(({ metadata }) => metadata.name);
    expect(found).toEqual([...found].sort());
    const versionsOf = data.items
      .filter(({ metadata }) => metadata.name === 'yaml')
      .map(({ metadata }) => metadata.version);
    const order = ['2.0.0-rc.11', '2.0.0-rc.1', '1.10.0', '1.2.0', '1.0.0', '0.0.1'];
    expect(versionsOf).toEqual([...versionsOf].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  });

  it('puts the best answer to a text first', async () => {
    const { data } = await online.search({ text: 'yaml', view: 'all', limit: 1000 }, context());
    const rank = data.items.map(({ metadata }) => {
      const name = metadata.name.toLowerCase();
      return name === 'yaml' ? 0 : name.startsWith('yaml') ? 1 : name.includes('yaml') ? 2 : 3;
    });
    expect(rank).toEqual([...rank].sort((a, b) => a - b));
    expect(new Set(rank).size).toBeGreaterThan(2);
  });

  it('shows what a view holds', async () => {
    const shown = async (asked: SearchQuery): Promise<string[]> => {
      const { data } = await online.search({ ...asked, limit: 1000 }, context());
      return [...new Set(data.items.map(({ metadata }) => metadata.lifecycle))].sort();
    };
    expect(await shown({})).toEqual(['active', 'canary', 'draft', 'experimental']);
    expect(await shown({ view: 'production' })).toEqual(['active', 'canary']);
    expect(await shown({ view: 'all' })).toEqual(['active', 'archived', 'canary', 'draft', 'experimental']);
    expect(await shown({ lifecycle: ['archived'] })).toEqual(['archived']);
    expect(await shown({ lifecycle: ['archived', 'active'], view: 'production' })).toEqual(['active']);
    expect(await shown({ lifecycle: ['archived'], view: 'production' })).toEqual([]);
  });

  it('tells the total only when asked', async () => {
    expect((await online.search({ limit: 1 }, context())).data.page).not.toHaveProperty('total');
    const { page } = (await online.search({ limit: 1, view: 'all', with_total: true }, context())).data;
    expect(page).toMatchObject({ limit: 1, has_more: true, total: 120 });
    const none = await online.search({ tags: ['no-such-tag'], with_total: true }, context());
    expect(none.data).toEqual({ items: [], page: { limit: 100, has_more: false, next_cursor: null, total: 0 } });
  });
});

describe('a query', () => {
  it.each([
    ['type', { type: ['validater'] }, 'validator'],
    ['lifecycle', { lifecycle: ['activ'] }, 'active'],
    ['status', { status: 'inactiv' }, 'inactive'],
    ['view', { view: 'al' }, 'all'],
    ['sort', { sort: [{ key: 'nam', order: 'asc' }] }, 'name'],
    ['sort order', { sort: [{ key: 'name', order: 'ascending' }] }, ''],
  ])('with an unknown %s is refused with the nearest one', async (_field, asked, near) => {
    const error = await refusal(online.search(asked as SearchQuery, context()), 'QY001');
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(near);
    expect(error.details).toHaveProperty('allowed');
  });

  it.each([0, 1001, -1, 1.5, Number.NaN])('with limit %s is refused', async (limit) => {
    await refusal(online.search({ limit }, context()), 'QY004');
  });

  it('with a cursor that does not fit is refused', async () => {
    const { data } = await online.search({ view: 'all', limit: 5 }, context());
    const cursor = data.page.next_cursor ?? '';
    const forged = (change: (content: { p: unknown[]; h: string }) => unknown): string => {
      const content = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { p: unknown[]; h: string };
      return Buffer.from(JSON.stringify(change(content))).toString('base64url');
    };
    for (const wrong of [
      'x',
      '',
      Buffer.from('{}').toString('base64url'),
      forged(({ p }) => ({ p, h: '0000000000000000' })),
      forged(({ p, h }) => ({ p: p.slice(1), h })),
      forged(({ p, h }) => ({ p: [1, ...p.slice(1)], h })),
      forged(({ p, h }) => ({ p: [...p.slice(0, -1), 'no uuid'], h })),
      forged(({ p, h }) => ({ p: ['a\u0000', ...p.slice(1)], h })),
    ]) {
      for (const registry of [online, offline]) {
        await refusal(registry.search({ view: 'all', limit: 5, cursor: wrong }, context()), 'QY004');
      }
    }
    await refusal(online.search({ view: 'production', limit: 5, cursor }, context()), 'QY004');
    await expect(online.search({ view: 'all', limit: 50, cursor }, context())).resolves.toBeDefined();
  });

  it('by time takes only times of a cursor', async () => {
    const asked: SearchQuery = { view: 'all', limit: 5, sort: [{ key: 'updated_at', order: 'desc' }] };
    const { data } = await online.search(asked, context());
    const content = JSON.parse(Buffer.from(data.page.next_cursor ?? '', 'base64url').toString()) as {
      p: unknown[];
      h: string;
    };
    const cursor = Buffer.from(JSON.stringify({ ...content, p: ['9999-99-99T99:99:99.999Z', content.p[1]] })).toString(
      'base64url',
    );
    await refusal(online.search({ ...asked, cursor }, context()), 'QY004');
  });
});
