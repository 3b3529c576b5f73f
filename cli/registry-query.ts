/** Options of `list`, `registry ls` and `registry search`, and the query they make. */
import type { ComponentType } from '../contracts/component.ts';
import { componentTypes, lifecycles } from '../contracts/component-values.ts';
import type { Answer, RegistryApi, SearchQuery, SearchResult, SortKey } from '../contracts/registry.ts';
import type { CallContext } from '../contracts/registry.ts';
import { registryOptions } from './arguments/global-options.ts';
import {
  choice,
  choiceList,
  flag,
  integer,
  list,
  member,
  type OptionSpec,
  type OptionValues,
  repeated,
  text,
} from './arguments/options.ts';
import { recordColumnNames } from './output/record.ts';

const sortKeys = [
  'name',
  'namespace',
  'type',
  'version',
  'registered_at',
  'updated_at',
  'relevance',
] as const satisfies readonly SortKey[];

export const searchOptions = {
  tag: repeatedList('--tag <tag>', 'with this tag; repeat or separate by commas for all of several'),
  anyTag: list('--any-tag <a,b>', 'with at least one of these tags'),
  type: choiceList('--type <types>', 'of these types', componentTypes),
  lifecycle: choiceList('--lifecycle <a,b>', 'in these lifecycles', lifecycles),
  status: choice('--status <status>', 'operational status', ['active', 'inactive', 'pending_review']),
  text: text('--text <words>', 'whose name, namespace, description or tags contain the words'),
  name: text('--name <pattern>', 'whose name matches; * and ? are wildcards'),
  view: choice('--view <view>', 'which lifecycles', ['production', 'development', 'all']),
  includeArchived: flag('--include-archived', 'archived ones too; short for --view all'),
  sort: sort('--sort <key>', `order, e.g. version:desc; keys: ${sortKeys.join(', ')}`),
  limit: integer('--limit <n>', 'rows of one page, 100 unless told', 1, 1000),
  cursor: text('--cursor <cursor>', 'the next page, as the last one said'),
  all: flag('--all', 'every page'),
  count: flag('--count', 'only how many'),
  columns: choiceList('--columns <a,b>', 'columns of the table', recordColumnNames),
  ...registryOptions,
};
export type SearchOptions = OptionValues<typeof searchOptions>;

/** The query for the given options; `text` and `types` of an operand win over those of options. */
export function buildQuery(
  options: SearchOptions,
  operand: { readonly text?: string; readonly types?: readonly ComponentType[] },
): SearchQuery {
  const types = operand.types ?? options.type;
  const words = operand.text ?? options.text;
  const view = options.includeArchived ? 'all' : options.view;
  return {
    ...(types.length === 0 ? {} : { type: types }),
    ...(options.tag.length === 0 ? {} : { tags: options.tag }),
    ...(options.anyTag.length === 0 ? {} : { any_tag: options.anyTag }),
    ...(options.lifecycle.length === 0 ? {} : { lifecycle: options.lifecycle }),
    ...(options.status === undefined ? {} : { status: options.status }),
    ...(words === undefined ? {} : { text: words }),
    ...(options.name === undefined ? {} : { name_pattern: options.name }),
    ...(view === undefined ? {} : { view }),
    ...(options.sort.length === 0 ? {} : { sort: options.sort }),
    ...(options.count ? { limit: 1, with_total: true } : options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  };
}

/** One page, or with `all` every page joined into one answer. */
export async function search(
  registry: RegistryApi,
  query: SearchQuery,
  all: boolean,
  call: CallContext,
): Promise<Answer<SearchResult>> {
  const first = await registry.search(all ? { limit: 1000, ...query } : query, call);
  if (!all) return first;
  const items = [...first.data.items];
  let { page } = first.data;
  while (page.has_more && page.next_cursor !== null) {
    const next = await registry.search({ limit: 1000, ...query, cursor: page.next_cursor }, call);
    items.push(...next.data.items);
    page = next.data.page;
  }
  return { ...first, data: { items, page: { ...page, limit: items.length } } };
}

function repeatedList(flags: string, summary: string): OptionSpec<readonly string[]> {
  const base = repeated(flags, summary);
  // A tag never holds a comma (registry.md 2.3).
  return {
    ...base,
    parse: (raw, code) =>
      base
        .parse(raw, code)
        .flatMap((given) => given.split(','))
        .filter((tag) => tag !== ''),
  };
}

function sort(
  flags: string,
  summary: string,
): OptionSpec<readonly { readonly key: SortKey; readonly order: 'asc' | 'desc' }[]> {
  const base = list(flags, summary);
  return {
    ...base,
    parse: (raw, code) =>
      base.parse(raw, code).map((given) => {
        const [key = '', order = given.startsWith('-') ? 'desc' : 'asc'] = given.replace(/^-/, '').split(':');
        return { key: member('--sort', key, sortKeys, code), order: member('--sort', order, ['asc', 'desc'], code) };
      }),
  };
}
