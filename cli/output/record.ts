/** Components as rows of a table and as a page of text. */
import type { ComponentRecord } from '../../contracts/component.ts';
import { shownDuration } from './duration.ts';
import { safeText } from './safe-text.ts';
import type { Column } from './table.ts';

/** Columns `--columns` can name, in the order help lists them. */
export const recordColumns = {
  name: { title: 'name', value: ({ metadata }) => metadata.name },
  version: { title: 'version', value: ({ metadata }) => metadata.version },
  type: { title: 'type', value: ({ metadata }) => metadata.type },
  namespace: { title: 'namespace', value: ({ metadata }) => metadata.namespace },
  lifecycle: { title: 'lifecycle', value: ({ metadata }) => metadata.lifecycle },
  status: { title: 'status', value: ({ metadata }) => metadata.status },
  tags: { title: 'tags', value: ({ metadata }) => metadata.tags.join(',') },
  trust: { title: 'trust', value: ({ registry }) => registry.trust_level },
  uuid: { title: 'uuid', value: ({ metadata }) => metadata.uuid },
  revision: { title: 'revision', align: 'right', value: ({ registry }) => String(registry.revision) },
  fingerprint: { title: 'fingerprint', value: ({ registry }) => registry.fingerprint },
  author: { title: 'author', value: ({ metadata }) => metadata.author ?? '' },
  source: { title: 'source', value: ({ registry }) => registry.source.ref },
  updated_at: { title: 'updated', value: ({ registry }) => registry.updated_at },
  description: { title: 'description', max: 60, value: ({ metadata }) => metadata.description ?? '' },
} as const satisfies Readonly<Record<string, Column<ComponentRecord>>>;
export type RecordColumn = keyof typeof recordColumns;

export const recordColumnNames = Object.keys(recordColumns) as RecordColumn[];

/** What a list shows unless told otherwise; the type only where kinds are mixed. */
export function defaultColumns(mixedTypes: boolean): readonly RecordColumn[] {
  return ['name', 'version', ...(mixedTypes ? (['type'] as const) : []), 'lifecycle', 'status', 'tags', 'trust'];
}

/** `validator:acme.json-lint@1.2.0` */
export function coordinates(component: {
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}): string {
  return safeText(`${component.type}:${component.namespace}.${component.name}@${component.version}`);
}

/** One component as a page: facts first, then the document. */
export function renderRecord({ metadata, registry }: ComponentRecord, now: number): string {
  const age = Math.max(0, now - Date.parse(registry.updated_at));
  const facts: readonly (readonly [string, string])[] = [
    ['component', coordinates(metadata)],
    ['uuid', metadata.uuid],
    ['lifecycle', `${metadata.lifecycle}, ${metadata.status}`],
    ['revision', `${registry.revision}, changed ${shownDuration(age)} ago`],
    ['fingerprint', registry.fingerprint],
    [
      'trust',
      `${registry.trust_level}${registry.quarantined ? ', quarantined' : ''}${registry.wip ? ', work in progress' : ''}`,
    ],
    ['source', `${registry.source.kind} ${registry.source.ref}`],
  ];
  const shown = new Set(['uuid', 'type', 'namespace', 'name', 'version', 'lifecycle', 'status']);
  const rest = Object.entries(metadata)
    .filter(([key, value]) => !shown.has(key) && !isEmpty(value))
    .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  const width = Math.max(...[...facts, ...rest].map(([key]) => key.length)) + 1;
  return (
    [...facts, ['', ''] as const, ...rest]
      .map(([key, value]) => (key === '' ? '' : `${`${key}:`.padEnd(width)} ${safeText(value)}`))
      .join('\n') + '\n'
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}
