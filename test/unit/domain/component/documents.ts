/** Small valid documents of both dialects, and short ways to normalise them in tests. */
import type { ComponentMetadata } from '../../../../contracts/component.ts';
import type { Issue } from '../../../../contracts/error.ts';
import { normalise, type NormaliseOptions } from '../../../../domain/component/normalise.ts';

export const ownUuid = '0190a0b0-0000-7000-8000-00000000abcd';
export const otherUuid = '0190a0b0-0000-7000-8000-00000000beef';

type Document = Readonly<Record<string, unknown>>;

/** Dialect A with everything that avoids a warning. */
export const documentA: Document = {
  uuid: ownUuid,
  type: 'test',
  namespace: 'core',
  name: 'check',
  version: '1.2.3',
  author: 'Ada',
  created_at: '2026-01-31T12:00:00Z',
  description: 'Checks something.',
  entrypoint: 'builtin:check',
};

/** Dialect B with everything that avoids a warning. */
export const documentB: Document = {
  uuid: ownUuid,
  meta_type: 'tool',
  namespace: 'core',
  name: 'check',
  version: '1.2.3',
  author: 'Ada',
  created_at: '2026-01-31T12:00:00Z',
  last_modified_at: '2026-01-31T12:00:00Z',
  hash: '0'.repeat(64),
  description: 'Checks something.',
  entrypoint: { type: 'cli', target: 'check' },
};

/** `document` with some members replaced; a member set to undefined is removed. */
export function changed(document: Document, members: Document): Document {
  return Object.fromEntries(Object.entries({ ...document, ...members }).filter(([, value]) => value !== undefined));
}

/** The model of a document that must be valid. */
export function modelOf(document: unknown, options: NormaliseOptions = {}): ComponentMetadata {
  const { metadata, issues } = normalise(document, options);
  if (metadata === null) throw new Error(`not valid: ${JSON.stringify(issues)}`);
  return metadata;
}

/** `CODE path`, with `W` after the code of a warning. */
export function shortly(issues: readonly Issue[]): string[] {
  return issues.map(({ code, severity, path }) => `${code}${severity === 'warning' ? 'W' : ''} ${path}`.trim());
}

/** Shorthand of all issues of a document. */
export function issuesOf(document: unknown, options: NormaliseOptions = {}): string[] {
  return shortly(normalise(document, options).issues);
}
