/**
 * Checks of what a caller asks for, before any I/O (registration.md 8, 14): each throws ND002 and names the member,
 * never its value. Text that Postgres cannot hold is refused here, so that no caller can make the database look ill.
 */
import { OmniBaseError } from '../../../../contracts/error.ts';

export function invalidQuery(member: string, problem: string): OmniBaseError {
  return new OmniBaseError('ND002', { message: `${member}: ${problem}`, details: { member, problem } });
}

const longestText = 2048;

/** Text of 1-2048 characters without NUL. */
export function checkText(member: string, value: unknown, longest = longestText): string {
  if (typeof value !== 'string' || value === '' || value.length > longest || value.includes('\0')) {
    throw invalidQuery(member, `must be text of 1 to ${longest} characters without NUL`);
  }
  return value;
}

/** At least one text. */
export function checkTexts(member: string, values: unknown): readonly string[] {
  if (!Array.isArray(values) || values.length === 0)
    throw invalidQuery(member, 'must be a list with at least one text');
  if (values.length > mostTexts) throw invalidQuery(member, `must have at most ${mostTexts} texts`);
  return values.map((value) => checkText(member, value));
}

const mostTexts = 1000;

export function checkUuid(member: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) {
    throw invalidQuery(member, 'must be a UUID');
  }
  return value.toLowerCase();
}

/** A word of a closed list. */
export function checkWord<T extends string>(member: string, value: unknown, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw invalidQuery(member, `must be one of ${words.join(', ')}`);
  return found;
}

/** RFC 3339 with a zone, as the same instant in UTC. */
export function checkInstant(member: string, value: unknown): string {
  const millis = typeof value === 'string' && rfc3339.test(value) ? Date.parse(value) : Number.NaN;
  // Postgres knows no year 0.
  if (Number.isNaN(millis) || millis < firstYear) throw invalidQuery(member, 'must be an RFC 3339 time with a zone');
  return new Date(millis).toISOString();
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const firstYear = Date.parse('0001-01-01T00:00:00Z');

/** A whole number within its range. */
export function checkNumber(member: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw invalidQuery(member, `must be a whole number from ${least} to ${most}`);
  }
  return value;
}

const deepestJson = 32;

/** A JSON object that `jsonb` can hold: no NUL in its texts, at most 32 levels deep. */
export function checkFragment(member: string, value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isHeldByJsonb(value, deepestJson)) {
    throw invalidQuery(member, `must be a JSON object of at most ${deepestJson} levels`);
  }
  return JSON.stringify(value);
}

function isHeldByJsonb(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return !value.includes('\0');
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return value === null || typeof value === 'boolean';
  if (levels === 0) return false;
  return Object.entries(value).every(([name, member]) => !name.includes('\0') && isHeldByJsonb(member, levels - 1));
}
