/**
 * Times in messages: RFC 3339 with a zone. They are kept for people and never enter a deadline, so any clock is welcome;
 * but they are stored, so they are brought to UTC with milliseconds and into the years that Postgres and RFC 3339 share.
 */
import type { Problems, Rule } from './check.ts';

const rfc3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Rule of a time, read as its canonical text `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
export const timestamp: Rule<string> = {
  blank: '',
  read(value: unknown, path: string, problems: Problems): string {
    const found = typeof value === 'string' ? canonicalTime(value) : null;
    if (found === null) problems.note(path, 'must be an RFC 3339 time with a zone');
    return found ?? '';
  },
};

/** Longest text looked at; fractions of a second may have any number of digits. */
const longestTime = 128;
const canonicalLength = 'YYYY-MM-DDTHH:MM:SS.mmmZ'.length;
const earliest = Date.parse('0001-01-01T00:00:00.000Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

/** Canonical text of a time, null for what is none. */
export function canonicalTime(text: string): string | null {
  if (text.length > longestTime || !rfc3339.test(text)) return null;
  const year = Number(text.slice(0, 4));
  if (Number(text.slice(8, 10)) > daysIn(year, Number(text.slice(5, 7)))) return null;
  // What most clients write is canonical already; a date costs more than all the rest of a beat.
  if (year > 0 && text.length === canonicalLength && text.endsWith('Z')) return text;
  return new Date(Math.min(Math.max(Date.parse(text), earliest), latest)).toISOString();
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
