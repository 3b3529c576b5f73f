/**
 * How a message is read: rule by rule, every problem noted, none of them thrown. A rule that refuses gives back a blank
 * of its type, so that reading goes on; the value counts only if nothing was refused.
 */
import type { Issue } from '../../../contracts/error.ts';
import { nearest } from '../../text/nearest.ts';

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** What the gateway or the client fills in where the sender left it out. */
export interface MessageDefaults {
  readonly correlation_id?: string;
  readonly command_id?: string;
}

/** Reads one value found at `path`; answers its blank after noting a problem. */
export interface Rule<T> {
  readonly blank: T;
  read(value: unknown, path: string, problems: Problems): T;
}

/** Reads a message whose members are exactly `fields`. */
export function checkMessage<T>(
  value: unknown,
  fields: ReadonlySet<string>,
  read: (members: Members) => T,
): Checked<T> {
  const problems = new Problems();
  const members = openMembers(value, '', fields, problems);
  if (members === null) return { ok: false, issues: problems.issues };
  const message = read(members);
  return problems.issues.length === 0 ? { ok: true, value: message } : { ok: false, issues: problems.issues };
}

/** Members of the object at `path`; null, and noted, when it is none. Members beyond `fields` are noted. */
export function openMembers(
  value: unknown,
  path: string,
  fields: ReadonlySet<string>,
  problems: Problems,
): Members | null {
  if (!isObject(value)) {
    problems.note(path, 'must be an object');
    return null;
  }
  for (const name of Object.keys(value)) if (!fields.has(name)) problems.noteUnknown(path, name, fields);
  return new Members(value, path, problems);
}

/** The named members of one object. A member that is undefined counts as absent. */
export class Members {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #problems: Problems;

  constructor(members: Readonly<Record<string, unknown>>, path: string, problems: Problems) {
    this.#members = members;
    this.#path = path;
    this.#problems = problems;
  }

  /** Must be there. */
  required<T>(name: string, rule: Rule<T>): T {
    const value = this.#members[name];
    if (value !== undefined) return rule.read(value, this.#at(name), this.#problems);
    this.#problems.note(this.#at(name), 'is required');
    return rule.blank;
  }

  /** May be absent, then it is `fallback`; null is refused unless the rule takes it. */
  optional<T>(name: string, rule: Rule<T>, fallback: T): T {
    const value = this.#members[name];
    return value === undefined ? fallback : rule.read(value, this.#at(name), this.#problems);
  }

  /** May be absent or null, both meaning null. */
  nullable<T>(name: string, rule: Rule<T>): T | null {
    const value = this.#members[name];
    return value === undefined || value === null ? null : rule.read(value, this.#at(name), this.#problems);
  }

  /** Absent with a default counts as the default, without one it is refused. */
  defaulted<T>(name: string, rule: Rule<T>, fallback: T | undefined): T {
    return fallback === undefined ? this.required(name, rule) : this.optional(name, rule, fallback);
  }

  /** Names of ours need no cleaning. */
  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

/** Problems beyond this many are not listed one by one. */
const mostProblems = 100;
/** Names are compared with all known ones, which a message of nothing but unknown names must not make a load. */
const mostHints = 3;
/** Longest member name in a path: names come from outside, too. */
const longestName = 64;

/** Problems found so far. They say where and what would fit, never what was found. */
export class Problems {
  readonly issues: Issue[] = [];
  #hints = 0;

  note(path: string, message: string, hint?: string): void {
    if (this.issues.length >= mostProblems) return;
    const issue: Issue = { code: 'ND001', severity: 'error', path, message };
    this.issues.push(hint === undefined ? issue : { ...issue, hint });
  }

  noteUnknown(path: string, name: string, fields: ReadonlySet<string>): void {
    if (this.issues.length >= mostProblems) return;
    const suggestion = this.#hints++ < mostHints ? nearest(name, fields) : undefined;
    const hint = suggestion === undefined ? undefined : `did you mean ${suggestion}?`;
    this.note(join(path, name), 'is not a known field', hint);
  }
}

/** Dotted path of a member named from outside; the name cut and freed of control characters and lone surrogates. */
export function join(path: string, name: string): string {
  const shown = name.length > longestName || unreadable.test(name) ? readable(name) : name;
  return path === '' ? shown : `${path}.${shown}`;
}

const unreadable = /[\p{Cc}\p{Cs}]/u;

function readable(name: string): string {
  return name.slice(0, longestName).replaceAll(/[\p{Cc}\p{Cs}]/gu, '?');
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
