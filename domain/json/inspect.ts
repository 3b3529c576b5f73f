/**
 * The first look at a document from outside: is it plain JSON within limits, free of what is refused
 * anywhere (registry.md 2.3)? Gives back a clean copy, or says what is wrong. Built for hostile input: it
 * stops at the size and nesting limits, so cyclic, endless and enormous values cost no more than allowed
 * ones, and it never throws.
 */
import { utf8Length } from '../text/bytes.ts';
import type { JsonValue } from './values.ts';

export type HazardKind =
  | 'too_large'
  | 'too_deep'
  | 'dangerous_key'
  | 'forbidden_character'
  | 'forbidden_number'
  | 'not_json';

export interface Hazard {
  readonly kind: HazardKind;
  readonly path: readonly (string | number)[];
  readonly detail: string;
}

export interface InspectLimits {
  /** UTF-8 bytes as JSON without white space. */
  readonly bytes: number;
  /** Containers inside one another, the value itself counting as one. */
  readonly nesting: number;
}

/** Exactly one of both members is set. */
export type Inspection =
  | { readonly value: JsonValue; readonly hazards: readonly [] }
  | { readonly value: null; readonly hazards: readonly Hazard[] };

/** Keys that could reach the prototype of an object; refused anywhere. */
export const dangerousKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** More hazards than this are not listed one by one. */
const mostHazards = 50;

/** Checks and copies `value`. Members that are `undefined` count as absent. */
export function inspectJson(value: unknown, limits: InspectLimits): Inspection {
  const inspector = new Inspector(limits);
  const copy = inspector.copy(value, []);
  return inspector.hazards.length > 0 || copy === undefined
    ? { value: null, hazards: inspector.hazards }
    : { value: copy, hazards: [] };
}

/** UTF-8 bytes of a JSON value written without white space. */
export function jsonBytes(value: unknown): number {
  return utf8Length(JSON.stringify(value) ?? '');
}

class Inspector {
  readonly hazards: Hazard[] = [];
  readonly #limits: InspectLimits;
  #bytes = 0;
  #stopped = false;

  constructor(limits: InspectLimits) {
    this.#limits = limits;
  }

  /** Undefined when the value is absent, refused, or beyond the point where the inspection stopped. */
  copy(value: unknown, path: readonly (string | number)[]): JsonValue | undefined {
    if (this.#stopped) return undefined;
    switch (typeof value) {
      case 'string':
        return this.#text(value, path);
      case 'number':
        return this.#number(value, path);
      case 'boolean':
        this.#spend(value ? 4 : 5, path);
        return value;
      case 'object':
        return value === null ? this.#nothing(path) : this.#container(value, path);
      default:
        this.#report('not_json', path, `a ${typeof value} is not JSON`);
        return undefined;
    }
  }

  #nothing(path: readonly (string | number)[]): null {
    this.#spend(4, path);
    return null;
  }

  #text(value: string, path: readonly (string | number)[]): string {
    // Measured before it is looked at: a huge string costs nothing beyond this comparison.
    if (value.length > this.#limits.bytes) this.#stop('too_large', path);
    else {
      this.#spend(jsonBytes(value), path);
      const refused = refusedCharacter(value);
      if (refused !== undefined) this.#report('forbidden_character', path, refused);
    }
    return value;
  }

  #number(value: number, path: readonly (string | number)[]): number {
    this.#spend(String(value).length, path);
    if (!Number.isFinite(value))
      this.#report('forbidden_number', path, `${String(value)} is not a number JSON can hold`);
    else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#report('forbidden_number', path, 'an integer beyond 2^53-1 loses digits');
    }
    return value;
  }

  #container(value: object, path: readonly (string | number)[]): JsonValue | undefined {
    if (path.length >= this.#limits.nesting) {
      this.#stop('too_deep', path);
      return undefined;
    }
    if (Array.isArray(value)) return this.#list(value, path);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === null || prototype === Object.prototype) return this.#members(value, path);
    this.#report('not_json', path, 'only plain mappings, lists, text, numbers, true, false and null are JSON');
    return undefined;
  }

  #list(items: readonly unknown[], path: readonly (string | number)[]): JsonValue[] {
    const copies: JsonValue[] = [];
    this.#open(items.length, path);
    for (let index = 0; index < items.length && !this.#stopped; index++) {
      const copy = this.copy(items[index], [...path, index]);
      if (copy !== undefined) copies.push(copy);
    }
    return copies;
  }

  #members(value: object, path: readonly (string | number)[]): JsonValue {
    const copies: [string, JsonValue][] = [];
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    this.#open(members.length, path);
    for (const [key, member] of members) {
      if (this.#stopped) break;
      const at = [...path, key];
      this.#text(key, at);
      this.#spend(1, at);
      if (dangerousKeys.has(key)) {
        this.#report('dangerous_key', at, `the key ${key} is refused`);
        continue;
      }
      const copy = this.copy(member, at);
      if (copy !== undefined) copies.push([key, copy]);
    }
    return Object.fromEntries(copies);
  }

  /** Brackets and the commas between `count` entries. */
  #open(count: number, path: readonly (string | number)[]): void {
    this.#spend(2 + Math.max(0, count - 1), path);
  }

  #spend(bytes: number, path: readonly (string | number)[]): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.bytes) this.#stop('too_large', path);
  }

  #stop(kind: 'too_large' | 'too_deep', path: readonly (string | number)[]): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const detail =
      kind === 'too_large'
        ? `more than ${String(this.#limits.bytes)} bytes as JSON`
        : `more than ${String(this.#limits.nesting)} levels of nesting`;
    this.hazards.push({ kind, path: kind === 'too_large' ? [] : path.slice(0, 1), detail });
  }

  #report(kind: HazardKind, path: readonly (string | number)[], detail: string): void {
    if (this.hazards.length < mostHazards) this.hazards.push({ kind, path, detail });
  }
}

function refusedCharacter(text: string): string | undefined {
  if (text.includes('\u0000')) return 'the character U+0000 is refused';
  return text.isWellFormed() ? undefined : 'a lone surrogate is not a character';
}
