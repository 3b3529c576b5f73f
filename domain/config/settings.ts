/**
 * The settings that a configuration schema describes: which keys exist where, what each leaf is, and how the
 * documents of several sources become one. Pure.
 */
import type { JsonSchemaNode } from '../../contracts/config.ts';

/** One leaf of the schema. Keys below a map of free names hold `*` in their place. */
export interface SettingDefinition {
  /** Dotted, e.g. `registry.pool.max`, `components.*.timeout_ms`. */
  readonly key: string;
  readonly schema: JsonSchemaNode;
  readonly description: string;
}

/** Every setting in the order of the schema. */
export function listSettings(root: JsonSchemaNode): readonly SettingDefinition[] {
  return walk(root, []);
}

function walk(node: JsonSchemaNode, path: readonly string[]): readonly SettingDefinition[] {
  if (isLeaf(node)) return [{ key: path.join('.'), schema: node, description: node.description ?? '' }];
  const free = typeof node.additionalProperties === 'object' ? walk(node.additionalProperties, [...path, '*']) : [];
  const named = Object.entries(node.properties ?? {}).flatMap(([key, child]) => walk(child, [...path, key]));
  return [...named, ...free];
}

/** A leaf is set and overridden as a whole: scalars, lists, and maps that carry a description of their own. */
function isLeaf(node: JsonSchemaNode): boolean {
  const isMap = node.properties !== undefined || typeof node.additionalProperties === 'object';
  return !isMap || node.description !== undefined;
}

/** The schema at a path of keys; undefined where there is none. */
export function schemaAt(root: JsonSchemaNode, path: readonly string[]): JsonSchemaNode | undefined {
  let node: JsonSchemaNode | undefined = root;
  for (const key of path) {
    const named: JsonSchemaNode | undefined =
      node?.properties !== undefined && Object.hasOwn(node.properties, key) ? node.properties[key] : undefined;
    const free: JsonSchemaNode | boolean | undefined = node?.additionalProperties;
    node = named ?? (typeof free === 'object' ? free : undefined);
  }
  return node;
}

/** Names that may stand inside a node. */
export function childKeys(node: JsonSchemaNode): readonly string[] {
  return Object.keys(node.properties ?? {});
}

/** A value by its path; undefined when it or anything above it is not set. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The same document with one more value; nothing given is changed. */
export function withValue(document: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const current = typeof document === 'object' && document !== null && !Array.isArray(document) ? document : {};
  const below = valueAt(current, [key]);
  return { ...current, [key]: withValue(below, rest, value) };
}

/** Paths of all leaves that are set in a document, named after the schema. */
export function setPaths(
  document: unknown,
  node: JsonSchemaNode,
  path: readonly string[] = [],
): readonly (readonly string[])[] {
  if (document === undefined) return [];
  if (isLeaf(node)) return [path];
  return Object.keys(document as object).flatMap((key) => {
    const child = schemaAt(node, [key]);
    return child === undefined ? [] : setPaths(valueAt(document, [key]), child, [...path, key]);
  });
}

/** The path a key names. A segment with a dot in it is quoted: `components."team.json".version`. */
export function parseKey(key: string): readonly string[] {
  return [...key.matchAll(/"([^"]*)"|([^.]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** The key of a path; `parseKey` is its inverse. */
export function formatKey(path: readonly string[]): string {
  return path.map((segment) => (segment.includes('.') ? `"${segment}"` : segment)).join('.');
}

/** `OMNIBASE_REGISTRY_POOL_MAX` for `registry.pool.max`. */
export function environmentName(key: string): string {
  return `OMNIBASE_${key.replaceAll(/[.-]/g, '_').toUpperCase()}`;
}

/**
 * Text of an environment variable or a flag as the value its setting takes: numbers, true and false, lists
 * separated by commas, JSON for maps and for lists of maps. What does not fit is handed on as text for the schema to
 * refuse.
 */
export function coerce(text: string, schema: JsonSchemaNode): unknown {
  switch (schema.type) {
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
    case 'array':
      if (schema.items?.type === 'object') return parsedJson(text);
      return text === '' ? [] : text.split(',').map((item) => item.trim());
    case 'object':
      return parsedJson(text);
    default:
      return text;
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema says what is wanted instead of text.
    return text;
  }
}
