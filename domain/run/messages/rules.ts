/** Rules of single values in messages to runs (runs.md 2, 5.1, 6.1). They say what `contracts/run/values.ts` says. */
import { longestActorId, longestReason, runIdPattern } from '../../../contracts/run/limits.ts';
import type { RunActor } from '../../../contracts/run/values.ts';
import { runActorTypes } from '../../../contracts/run/vocabulary.ts';
import { Problems } from '../../registration/messages/check.ts';
import { isStorable, jsonObject } from '../../registration/messages/json.ts';
import { characterCount } from '../../text/bytes.ts';
import { note, openMembers, type Rule, type Violation, type ViolationRule } from './check.ts';

/** A rule for values without inner structure: `read` answers undefined for what does not fit. */
function leaf<T>(rule: ViolationRule, expected: string, blank: T, read: (value: unknown) => T | undefined): Rule<T> {
  return {
    blank,
    read(value: unknown, field: string, violations: Violation[]): T {
      const found = read(value);
      if (found !== undefined) return found;
      note(violations, field, value === null ? 'type' : rule, `must be ${expected}`);
      return blank;
    },
  };
}

export function isRunId(value: unknown): value is string {
  return typeof value === 'string' && runIdPattern.test(value);
}

export const runId = leaf('format', '1-128 characters of A-Z a-z 0-9 . _ : -', '', (value) =>
  isRunId(value) ? value : undefined,
);

/** From `least` to 2^53-1; `5.0` is 5. */
export function counter(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule<number> {
  return leaf('range', `an integer from ${String(least)} to ${String(most)}`, least, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most ? value : undefined,
  );
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** The lower bound itself is out. */
  readonly open: boolean;
}

export function finite({ min, max, open }: NumberRange, expected: string): Rule<number> {
  return leaf('range', expected, 0, (value) =>
    typeof value === 'number' && value <= max && (open ? value > min : value >= min) ? value : undefined,
  );
}

export const flag = leaf('type', 'true or false', false, (value) => (typeof value === 'boolean' ? value : undefined));

export function oneOf<const T extends string>(words: readonly [T, ...T[]]): Rule<T> {
  const byText = new Map<unknown, T>(words.map((word) => [word, word]));
  return leaf('enum', `one of ${words.join(', ')}`, words[0], (value) => byText.get(value));
}

/** Text of so many code points, without U+0000 and lone surrogates. */
export function text(least: number, most: number): Rule<string> {
  return leaf('length', `text of ${String(least)}-${String(most)} characters without U+0000`, '', (value) =>
    typeof value === 'string' && isLength(value, least, most) && isStorable(value) ? value : undefined,
  );
}

/** Free text of at most so many code points; what cannot be stored becomes U+FFFD. */
export function mendedText(most: number): Rule<string> {
  return leaf('length', `text of at most ${String(most)} characters`, '', (value) =>
    typeof value === 'string' && isLength(value, 0, most) ? mended(value) : undefined,
  );
}

/** Text as UTF-8 and `jsonb` can hold it. */
export function mended(value: string): string {
  return value.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** 1-256 code points, not all blank. */
export const reason = leaf('length', `text of 1-${String(longestReason)} characters, not all blank`, '', (value) =>
  typeof value === 'string' && isLength(value, 1, longestReason) && value.trim() !== '' && isStorable(value)
    ? value
    : undefined,
);

const actorId = text(1, longestActorId);
const actorType = oneOf(runActorTypes);

export const actor: Rule<RunActor> = {
  blank: { type: 'operator', id: '' },
  read(value: unknown, field: string, violations: Violation[]): RunActor {
    const members = openMembers(value, field, ['type', 'id'], violations);
    return { type: members.required('type', actorType), id: members.required('id', actorId) };
  },
};

/** An object of JSON members that `jsonb` can hold. */
export function jsonDocument(bytes: number): Rule<Readonly<Record<string, unknown>>> {
  const rule = jsonObject(bytes);
  return {
    blank: {},
    read(value: unknown, field: string, violations: Violation[]) {
      const problems = new Problems();
      const read = rule.read(value, field, problems);
      for (const { path, message } of problems.issues) note(violations, path, 'type', message);
      return read;
    },
  };
}

function isLength(value: string, least: number, most: number): boolean {
  // Every code point is one or two units: only texts in between need counting.
  if (value.length < least || value.length > most * 2) return false;
  return value.length <= most || characterCount(value, most + 1) <= most;
}
