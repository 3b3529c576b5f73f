/**
 * Rules of the open parts of an introspection: metadata, metrics, capabilities. They are stored as `jsonb`, which fails a
 * whole statement over U+0000 or a lone surrogate, and are copied member by member, which `__proto__` would corrupt; a
 * workflow would repeat the failing write for ever. So such values end at the border.
 */
import type { Introspection } from '../../../contracts/node/messages.ts';
import { utf8Length } from '../../text/bytes.ts';
import { isObject, join, Members, type Problems, type Rule } from './check.ts';
import { flag, integer, orNull } from './rules.ts';
import { texts } from './lists.ts';

type OpenObject = Introspection['metadata'];
type Capabilities = Introspection['declared_capabilities'];

/** Containers inside one another, the object itself counting as one. */
const deepest = 64;

/** An object of any JSON members, at most `bytes` of JSON in UTF-8. */
export function jsonObject(bytes: number): Rule<OpenObject> {
  return {
    blank: {},
    read(value: unknown, path: string, problems: Problems): OpenObject {
      if (!isOpenObject(value, path, problems)) return this.blank;
      if (jsonLength(value) > bytes) problems.note(path, `must be at most ${String(bytes)} bytes of JSON`);
      return value;
    },
  };
}

/** Bytes of a JSON value written without white space, in UTF-8. */
export function jsonLength(value: unknown): number {
  return utf8Length(JSON.stringify(value));
}

/** An object of any JSON members, of which those that the page names have its type. */
export const capabilities: Rule<Capabilities> = {
  blank: {},
  read(value: unknown, path: string, problems: Problems): Capabilities {
    return isOpenObject(value, path, problems) && hasCapabilityTypes(value, path, problems) ? value : this.blank;
  },
};

function hasCapabilityTypes(value: OpenObject, path: string, problems: Problems): value is OpenObject & Capabilities {
  const before = problems.issues.length;
  const members = new Members(value, path, problems);
  for (const name of capabilityFlags) members.optional(name, flag, false);
  for (const name of capabilitySizes) members.optional(name, size, null);
  members.optional('supported_types', texts, []);
  members.optional('config', config, {});
  return problems.issues.length === before;
}

export const capabilityFlags = [
  'postgres',
  'read',
  'write',
  'database',
  'transactions',
  'processing',
  'routing',
  'feature',
] as const satisfies readonly (keyof Capabilities)[];
const capabilitySizes = ['batch_size', 'max_batch'] as const satisfies readonly (keyof Capabilities)[];

const size = orNull(integer(Number.MIN_SAFE_INTEGER));
/** Looked through already, as part of the object it is in. */
const config: Rule<object> = {
  blank: {},
  read(value: unknown, path: string, problems: Problems): object {
    if (isObject(value)) return value;
    problems.note(path, 'must be an object');
    return this.blank;
  },
};

function isOpenObject(value: unknown, path: string, problems: Problems): value is OpenObject {
  if (isPlainObject(value)) return isJson(value, path, problems, 1);
  problems.note(path, 'must be an object');
  return false;
}

/** Notes what JSON or the database cannot hold. Recursion ends at `deepest`, so that no input exhausts the stack. */
function isJson(value: unknown, path: string, problems: Problems, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return isStorable(value) || refuse(path, problems, 'must hold neither U+0000 nor lone surrogates');
    case 'number':
      return Number.isFinite(value) || refuse(path, problems, 'must be a finite number');
    case 'boolean':
      return true;
    case 'object':
      if (value === null) return true;
      if (depth > deepest) return refuse(path, problems, `must not nest deeper than ${String(deepest)} levels`);
      if (Array.isArray(value)) return areItemsJson(value, path, problems, depth);
      if (isPlainObject(value)) return areMembersJson(value, path, problems, depth);
      return refuse(path, problems, 'must be JSON');
    default:
      return refuse(path, problems, 'must be JSON');
  }
}

function areItemsJson(items: readonly unknown[], path: string, problems: Problems, depth: number): boolean {
  let sound = true;
  for (let index = 0; index < items.length; index++) {
    sound = isJson(items[index], `${path}.${String(index)}`, problems, depth + 1) && sound;
  }
  return sound;
}

function areMembersJson(
  members: Readonly<Record<string, unknown>>,
  path: string,
  problems: Problems,
  depth: number,
): boolean {
  let sound = true;
  for (const name of Object.keys(members)) {
    const at = join(path, name);
    if (!isStorableName(name)) sound = refuse(at, problems, 'has a name that cannot be stored');
    else sound = isJson(members[name], at, problems, depth + 1) && sound;
  }
  return sound;
}

/** Whether `jsonb` can hold a text. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** Whether an object and `jsonb` can hold a member of that name. */
export function isStorableName(name: string): boolean {
  return name !== '__proto__' && isStorable(name);
}

/** What JSON makes, in whichever realm: the prototype is the root of its realm, or there is none. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refuse(path: string, problems: Problems, message: string): false {
  problems.note(path, message);
  return false;
}
