/** Readers of single values: text, numbers, booleans, words of a closed list. */
import { describeValue, quote } from '../../json/values.ts';
import { characterCount } from '../../text/bytes.ts';
import { nearest } from '../../text/nearest.ts';
import { fail, failType, type Place, type Reader } from './place.ts';

export interface TextRule {
  /** Characters after trimming; default 1 to 255. */
  readonly min?: number;
  readonly max?: number;
  /** The form that text must have, and how to say it. */
  readonly form?: { readonly pattern: RegExp; readonly expected: string; readonly code?: string };
  /** Keep white space around the text. */
  readonly verbatim?: boolean;
}

/** Trimmed text. SC004 for other values, SC006 for its length, SC007 (or `form.code`) for its form. */
export function text(rule: TextRule = {}): Reader<string> {
  const { min = 1, max = 255, form, verbatim = false } = rule;
  return (value, at) => {
    const given = asText(value, at);
    if (given === undefined) return undefined;
    const read = verbatim ? given : given.trim();
    if (!hasLength(read, min, max, at)) return undefined;
    if (form === undefined || form.pattern.test(read)) return read;
    return fail(at, form.code ?? 'SC007', `${form.expected} is needed, not ${quote(read)}`, () => ({
      expected: form.expected,
      received: describeValue(read),
    }));
  };
}

/** The value if it is text, else SC004 with the advice that helps: a number or word needs quotes. */
export function asText(value: unknown, at: Place): string | undefined {
  if (typeof value === 'string') return value;
  const unquoted = typeof value === 'number' || typeof value === 'boolean';
  return failType(at, 'text', value, unquoted ? `write it in quotes: "${String(value)}"` : undefined);
}

function hasLength(read: string, min: number, max: number, at: Place): boolean {
  if (read.length === 0 && min > 0) fail(at, 'SC006', 'the text is empty');
  // Characters are at most as many as UTF-16 units; counting stops as soon as the answer is known.
  else if (read.length > max && characterCount(read, max + 1) > max) {
    fail(at, 'SC006', `the text has more than ${String(max)} characters`, () => ({
      expected: `at most ${String(max)}`,
    }));
  } else return true;
  return false;
}

/** A number from `min` to `max`. SC004, SC006. */
export function number(min: number, max: number): Reader<number> {
  return (value, at) => {
    if (typeof value !== 'number') return failType(at, 'a number', value);
    if (value >= min && value <= max) return value;
    const expected = `${String(min)} to ${String(max)}`;
    return fail(at, 'SC006', `${String(value)} is outside ${expected}`, () => ({ expected, received: String(value) }));
  };
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Reader<number> {
  const inRange = number(min, max);
  return (value, at) => {
    if (typeof value === 'number' && !Number.isInteger(value)) return failType(at, 'a whole number', value);
    return inRange(value, at);
  };
}

export const boolean: Reader<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value;
  const hint =
    typeof value === 'string' && /^(?:yes|no|on|off|true|false)$/i.test(value)
      ? 'write true or false without quotes'
      : undefined;
  return failType(at, 'true or false', value, hint);
};

export interface WordRule<Word extends string> {
  readonly synonyms?: Readonly<Record<string, Word>>;
  /** Code for a word that is not in the list, default SC005. */
  readonly code?: string;
}

/** One of a closed list of words, exact or by a synonym. SC004, SC005 with the allowed ones and the nearest. */
export function oneOf<const Word extends string>(words: readonly Word[], rule: WordRule<Word> = {}): Reader<Word> {
  const known = new Map<string, Word>([
    ...Object.entries(rule.synonyms ?? {}),
    ...words.map((word) => [word, word] as const),
  ]);
  return (value, at) => {
    const given = asText(value, at);
    if (given === undefined) return undefined;
    const word = known.get(given.trim());
    if (word !== undefined) return word;
    return fail(at, rule.code ?? 'SC005', `${quote(given)} is not one of ${words.join(', ')}`, () => {
      const near = nearest(given.trim(), known.keys());
      const meant = near === undefined ? undefined : known.get(near);
      return {
        expected: words.join(', '),
        received: describeValue(given),
        ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
      };
    });
  };
}
