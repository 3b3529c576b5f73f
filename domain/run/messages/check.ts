/**
 * How a message to a run is read: member by member, every violation noted, none thrown. Values never appear in a
 * violation, only where it is and what would fit.
 */
import { isObject, join } from '../../registration/messages/check.ts';
import { nearest } from '../../text/nearest.ts';

/** One entry of `details[]` of a 422. */
export interface Violation {
  readonly field: string;
  readonly rule: ViolationRule;
  readonly message: string;
}
export type ViolationRule = 'required' | 'type' | 'range' | 'enum' | 'format' | 'length' | 'unknown' | 'mismatch';

export type CheckedMessage<T, Code extends string = 'validation_failed'> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: Code; readonly violations: readonly Violation[] };

/** Reads one value; notes what is wrong and answers its blank. */
export interface Rule<T> {
  readonly blank: T;
  read(value: unknown, field: string, violations: Violation[]): T;
}

const mostViolations = 100;
/** Names are compared with all known ones, which a message of nothing but unknown names must not make a load. */
const mostHints = 3;

/** The named members of one object. A member that is undefined counts as absent. */
export class Members {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #violations: Violation[];

  constructor(members: Readonly<Record<string, unknown>>, path: string, violations: Violation[]) {
    this.#members = members;
    this.#path = path;
    this.#violations = violations;
  }

  required<T>(name: string, rule: Rule<T>): T {
    const value = this.#members[name];
    if (value !== undefined) return rule.read(value, this.#at(name), this.#violations);
    note(this.#violations, this.#at(name), 'required', 'is required');
    return rule.blank;
  }

  /** May be absent, then it is `fallback`; null is refused unless the rule takes it. */
  optional<T, F>(name: string, rule: Rule<T>, fallback: F): T | F {
    const value = this.#members[name];
    return value === undefined ? fallback : rule.read(value, this.#at(name), this.#violations);
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

/**
 * Members of the object at `path`; of no object, and noted, when it is none.
 *
 * @param known names beyond these are noted; null = ignored
 */
export function openMembers(
  value: unknown,
  path: string,
  known: readonly string[] | null,
  violations: Violation[],
): Members {
  if (!isObject(value)) {
    if (value === undefined) note(violations, path, 'required', 'is required');
    else note(violations, path, 'type', 'must be an object');
    return new Members({}, path, []);
  }
  if (known !== null) {
    let hints = 0;
    for (const name of Object.keys(value)) {
      if (known.includes(name) || violations.length >= mostViolations) continue;
      const meant = hints++ < mostHints ? nearest(name, known) : undefined;
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      note(violations, join(path, name), 'unknown', `is not a known field${hint}`);
    }
  }
  return new Members(value, path, violations);
}

export function note(violations: Violation[], field: string, rule: ViolationRule, message: string): void {
  if (violations.length < mostViolations) violations.push({ field, rule, message });
}

/** The value when nothing is wrong with it, else what is. */
export function outcome<T>(value: T, violations: readonly Violation[]): CheckedMessage<T> {
  return violations.length === 0 ? { ok: true, value } : { ok: false, code: 'validation_failed', violations };
}

/** Optional members that were absent are left out, not undefined. */
export function given<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}
