/** The metadata documents of the built-ins, as `omnibase init` registers them (registry.md 2, stages.md 8). */
import { createHash } from 'node:crypto';
import { builtinCatalogue, findBuiltin } from './catalogue.ts';
import type { BuiltinDefinition } from './definition.ts';
import { optionsSchema } from './options.ts';

/** Versions follow the package; a test compares them. */
export const builtinVersion = '0.1.0';

/** Namespace of the product's own components. */
const builtinNamespace = 'omnibase';

/** One valid metadata document of dialect A for each built-in. */
export function builtinDocuments(): unknown[] {
  return builtinCatalogue.map(documentOf);
}

/**
 * A hash that changes whenever the behaviour of a built-in may have: it is part of the key of cached results.
 *
 * @returns 64 hex digits; null for an id this release does not have
 */
export function implementationHash(id: string): string | null {
  const definition = findBuiltin(id);
  if (definition === undefined) return null;
  return createHash('sha256').update(`builtin:${id}@${builtinVersion}#${definition.revision}`).digest('hex');
}

function documentOf(definition: BuiltinDefinition): unknown {
  const { id } = definition;
  return {
    uuid: uuidV5(`builtin:${id}@${builtinVersion}`),
    name: id,
    namespace: builtinNamespace,
    version: builtinVersion,
    type: 'validator',
    author: 'OmniBase',
    created_at: '2026-01-01T00:00:00.000Z',
    description: definition.description,
    lifecycle: 'active',
    tags: [...definition.tags],
    entrypoint: { kind: 'builtin', id },
    idempotent: true,
    scope: definition.together === true ? 'batch' : 'file',
    mode: 'read',
    profiles: ['fast', 'ci', 'full'],
    performance: 'fast',
    ...(definition.types.length === 0 ? {} : { types_any: [...definition.types] }),
    ...(definition.accepts.length === 0 ? {} : { accepts: [...definition.accepts] }),
    ...(definition.files === undefined ? {} : { files: [...definition.files] }),
    options_schema: optionsSchema(definition.options),
    x_extensions: {
      omnibase: { rules: Object.keys(definition.rules).map((rule) => `${id}/${rule}`) },
    },
  };
}

/** The namespace of RFC 9562 for names that are URLs is not ours; this one was drawn for the built-ins. */
const uuidNamespace = '6f6d6e69-6261-5365-9ab0-6275696c7469';

/** Version 5 of RFC 9562: SHA-1 of namespace and name. */
function uuidV5(name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(uuidNamespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
