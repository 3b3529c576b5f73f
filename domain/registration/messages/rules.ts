/** Rules of single values in messages (registration.md 4): ids, times, texts, numbers, words of a list. */
import type { Problems, Rule } from './check.ts';

/** A rule for values without inner structure: `read` answers undefined for what does not fit. */
function leaf<T>(expected: string, blank: T, read: (value: unknown) => T | undefined): Rule<T> {
  return {
    blank,
    read(value: unknown, path: string, problems: Problems): T {
      const found = read(value);
      if (found !== undefined) return found;
      problems.note(path, `must be ${expected}`);
      return blank;
    },
  };
}

/** The same rule, null allowed. */
export function orNull<T>(rule: Rule<T>): Rule<T | null> {
  return { blank: null, read: (value, path, problems) => (value === null ? null : rule.read(value, path, problems)) };
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A uuid of any version, lowered. */
export const uuid = leaf('a uuid', '', readUuid);

export function readUuid(value: unknown): string | undefined {
  return typeof value === 'string' && uuidPattern.test(value) ? value.toLowerCase() : undefined;
}

/** Part of a workflow id: no slash, no blank. */
export const nodeDomain = pattern('text of 1-128 letters, digits and . _ : -', 128, /^[A-Za-z0-9][A-Za-z0-9._:-]*$/);

const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
export const semanticVersion = pattern(
  'a semantic version of at most 64 characters, without a leading v',
  64,
  new RegExp(
    `^(?:0|[1-9]\\d*)(?:\\.(?:0|[1-9]\\d*)){2}(?:-${identifier}(?:\\.${identifier})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
  ),
);

function pattern(expected: string, longest: number, regex: RegExp): Rule<string> {
  return leaf(expected, '', (value) =>
    typeof value === 'string' && value.length <= longest && regex.test(value) ? value : undefined,
  );
}

/** Neither control characters nor lone surrogates: what a column, a path or a terminal can hold. */
const plain = /^[^\p{Cc}\p{Cs}]*$/u;

/** Text of 1 to `longest` UTF-16 units. */
export function text(longest: number): Rule<string> {
  const expected = `text of 1-${String(longest)} characters without control characters`;
  return leaf(expected, '', (value) => (isText(value, longest) ? value : undefined));
}

export function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longest && plain.test(value);
}

/** Free text of at most `longest` UTF-16 units. */
export function freeText(longest: number): Rule<string> {
  return leaf(`text of at most ${String(longest)} characters`, '', (value) =>
    typeof value === 'string' && value.length <= longest ? value : undefined,
  );
}

export const flag = leaf('true or false', false, (value) => (typeof value === 'boolean' ? value : undefined));

/** An integer within bounds, at most 2^53-1. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule<number> {
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${String(most)}`;
  return leaf(`an integer from ${String(least)}${upTo}`, 0, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most ? value : undefined,
  );
}

/** A finite number from 0. */
export const amount = leaf('a number from 0', 0, (value) => (isAmount(value, Number.MAX_VALUE) ? value : undefined));

/**
 * A number from 0 that a column of type `real` can hold: Postgres fails a statement, and with it the beats of 249 other
 * nodes, over a number too large or too small for it, so that such a one becomes the nearest it can hold.
 */
export function measure(most: number = Number.MAX_VALUE): Rule<number> {
  const expected = most === Number.MAX_VALUE ? 'a number from 0' : `a number from 0 to ${String(most)}`;
  return leaf(expected, 0, (value) => (isAmount(value, most) ? asReal(value) : undefined));
}

const largestReal = 3.402_823_466_385_288_6e38;
const smallestReal = 1.175_494_350_822_287_5e-38;

function asReal(value: number): number {
  return value < smallestReal ? 0 : Math.min(value, largestReal);
}

function isAmount(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most;
}

/** One word of a closed list. */
export function oneOf<const T extends string>(words: readonly [T, ...T[]]): Rule<T> {
  const byText = new Map<unknown, T>(words.map((word) => [word, word]));
  return leaf(`one of ${words.join(', ')}`, words[0], (value) => byText.get(value));
}
