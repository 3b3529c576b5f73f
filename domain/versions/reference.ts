/**
 * References: text that names a component in commands, the API and edges (registry.md 2.6): a uuid,
 * `type://PATH@SPEC`, or `[type:]PATH[@SPEC]`. PATH may mean `namespace.name`, a name or a namespace;
 * which one is decided by what exists (`matchPath`).
 */
import { type ComponentType, componentTypes, typeSynonyms } from '../../contracts/component-values.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { nearest } from '../text/nearest.ts';
import { parseVersionSpec, type VersionSpec } from './version-spec.ts';

export type Reference =
  | { readonly kind: 'uuid'; readonly uuid: string; readonly spec?: VersionSpec }
  | { readonly kind: 'path'; readonly type?: ComponentType; readonly path: string; readonly spec?: VersionSpec };

export interface Coordinates {
  readonly type: ComponentType;
  readonly namespace: string;
  readonly name: string;
}

/** The three readings of a path, in the order in which they are tried. */
const pathReadings = ['namespace.name', 'name', 'namespace'] as const;
export type PathReading = (typeof pathReadings)[number];

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const pathPattern = /^[A-Za-z0-9_-][A-Za-z0-9._+-]*$/;
const longestReference = 1024;
const longestPath = 511;

/** Whether `text` is a uuid in the form 8-4-4-4-12, any case, any version, nil included. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/**
 * Reads a reference of at most 1,024 characters.
 *
 * @throws {OmniBaseError} QY003 with `ref`, `reason` and `position`; QY002 when the part after `@` is no version spec
 */
export function parseReference(text: string): Reference {
  const trimmed = text.trim();
  if (trimmed.length > longestReference) throw refusal(trimmed, 'it is too long', longestReference + 1);
  const uri = /^([^:/@]*):\/\/(.*)$/s.exec(trimmed);
  if (uri !== null) return parseUri(trimmed, uri[1] ?? '', uri[2] ?? '');
  const { head, spec } = splitSpec(trimmed);
  if (isUuid(head)) return { kind: 'uuid', uuid: head.toLowerCase(), ...spec };
  const colon = head.indexOf(':');
  if (colon === -1) return { kind: 'path', path: checkPath(trimmed, head, 0), ...spec };
  const type = readType(trimmed, head.slice(0, colon));
  return { kind: 'path', type, path: checkPath(trimmed, head.slice(colon + 1), colon + 1), ...spec };
}

/** `type://PATH@SPEC`: all three parts are required. */
function parseUri(whole: string, scheme: string, rest: string): Reference {
  const type = readType(whole, scheme);
  const { head, spec } = splitSpec(rest);
  if (spec === undefined)
    throw refusal(whole, 'the form type://PATH@SPEC needs a version spec after @', whole.length + 1);
  if (isUuid(head)) return { kind: 'uuid', uuid: head.toLowerCase(), ...spec };
  return { kind: 'path', type, path: checkPath(whole, head, scheme.length + 3), ...spec };
}

/** The spec is all after the first `@`. */
function splitSpec(text: string): { readonly head: string; readonly spec?: { readonly spec: VersionSpec } } {
  const at = text.indexOf('@');
  if (at === -1) return { head: text };
  return { head: text.slice(0, at), spec: { spec: parseVersionSpec(text.slice(at + 1)) } };
}

/** A component type by its name or a synonym, any case; null for anything else. */
export function readComponentType(text: string): ComponentType | null {
  const word = text.toLowerCase();
  const synonym: ComponentType | undefined = Object.hasOwn(typeSynonyms, word)
    ? typeSynonyms[word as keyof typeof typeSynonyms]
    : undefined;
  return synonym ?? componentTypes.find((type) => type === word) ?? null;
}

function readType(whole: string, text: string): ComponentType {
  const type = readComponentType(text);
  if (type !== null) return type;
  const near = nearest(text, componentTypes);
  const reason = `${JSON.stringify(text)} is no component type${near === undefined ? '' : `; did you mean ${near}?`}`;
  throw refusal(whole, reason, 1, { allowed: componentTypes, ...(near === undefined ? {} : { nearest: near }) });
}

function checkPath(whole: string, path: string, offset: number): string {
  if (path === '') throw refusal(whole, 'a name is missing', offset + 1);
  if (path.length > longestPath)
    throw refusal(whole, `the path is longer than ${String(longestPath)} characters`, offset + 1);
  if (pathPattern.test(path)) return path;
  const wrong = path.search(/[^A-Za-z0-9._+-]/);
  const position = offset + (wrong === -1 ? 0 : wrong) + 1;
  throw refusal(whole, 'names hold letters, digits and . _ + - only', position);
}

function refusal(
  ref: string,
  reason: string,
  position: number,
  more: Readonly<Record<string, unknown>> = {},
): OmniBaseError {
  return new OmniBaseError('QY003', { details: { ref: ref.slice(0, longestReference), reason, position, ...more } });
}

/** `namespace` and `name` for every dot a path can be split at, the longest namespace first. */
export function namespaceSplits(path: string): { readonly namespace: string; readonly name: string }[] {
  const splits: { namespace: string; name: string }[] = [];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    if (dot < path.length - 1) splits.push({ namespace: path.slice(0, dot), name: path.slice(dot + 1) });
  }
  return splits;
}

/** Whether coordinates match a path when it is read in one of the three ways. */
export function matchesReading(path: string, reading: PathReading, coordinates: Coordinates): boolean {
  switch (reading) {
    case 'namespace.name':
      return path === `${coordinates.namespace}.${coordinates.name}`;
    case 'name':
      return path === coordinates.name;
    case 'namespace':
      return path === coordinates.namespace;
  }
}

export interface PathMatch<Candidate extends Coordinates> {
  readonly reading: PathReading;
  readonly candidates: readonly Candidate[];
  /** Distinct `type:namespace.name`, sorted; more than one means that the reference is ambiguous. */
  readonly names: readonly string[];
}

/** The candidates a path names: those of the first reading with a match, null when no reading has one. */
export function matchPath<Candidate extends Coordinates>(
  reference: { readonly path: string; readonly type?: ComponentType },
  candidates: readonly Candidate[],
): PathMatch<Candidate> | null {
  const ofType = candidates.filter(({ type }) => reference.type === undefined || type === reference.type);
  for (const reading of pathReadings) {
    const found = ofType.filter((candidate) => matchesReading(reference.path, reading, candidate));
    if (found.length > 0) {
      const names = [...new Set(found.map(({ type, namespace, name }) => `${type}:${namespace}.${name}`))].sort();
      return { reading, candidates: found, names };
    }
  }
  return null;
}

/** The shortest text that names the same thing; `parseReference` reads it back. */
export function formatReference(reference: Reference): string {
  const spec = reference.spec === undefined ? '' : `@${reference.spec.source}`;
  if (reference.kind === 'uuid') return `${reference.uuid}${spec}`;
  return `${reference.type === undefined ? '' : `${reference.type}:`}${reference.path}${spec}`;
}
