/** Documents of components for the tests of the registry: valid unless a test says otherwise. */
import { randomUUID } from 'node:crypto';

export type Document = Record<string, unknown> & { uuid: string; name: string; version: string };

/** A validator of its own; `more` replaces or adds members. */
export function validatorDocument(name: string, more: Record<string, unknown> = {}): Document {
  return {
    uuid: randomUUID(),
    name,
    version: '1.0.0',
    type: 'validator',
    namespace: 'team',
    author: 'tests',
    created_at: '2026-01-01T00:00:00Z',
    description: `checks ${name}`,
    entrypoint: 'builtin:json',
    ...more,
  };
}

/** A dependency on a path, as dialect A writes it. */
export function dependsOn(id: string, version_spec = '*', more: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, type: 'validator', version_spec, ...more };
}
