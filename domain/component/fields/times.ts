/** Readers of times: ISO 8601 in, RFC 3339 UTC with milliseconds out (registry.md 2.3). */
import { describeValue, quote } from '../../json/values.ts';
import { fail, type Place, type Reader } from '../reading/place.ts';
import { asText } from '../reading/scalars.ts';

const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateTime =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?$/;

/** A date and time of day; without a zone it is UTC. MD005. */
export const instant: Reader<string> = (value, at) => {
  const given = asText(value, at)?.trim();
  if (given === undefined) return undefined;
  if (date.test(given)) return failTime(at, given, 'the time of day is missing');
  return toInstant(given) ?? failTime(at, given, `${quote(given)} is no time`);
};

/** A date, kept as it is, or a date and time. MD005. */
export const dateOrInstant: Reader<string> = (value, at) => {
  const given = asText(value, at)?.trim();
  if (given === undefined) return undefined;
  const read = date.test(given) && isDay(given) ? given : toInstant(given);
  return read ?? failTime(at, given, `${quote(given)} is neither a date nor a time`);
};

function failTime(at: Place, given: string, message: string): undefined {
  return fail(at, 'MD005', message, () => ({
    expected: 'a time like 2026-01-31T12:00:00Z',
    received: describeValue(given),
    ...(date.test(given) ? { hint: `write ${given}T00:00:00Z` } : {}),
  }));
}

/** Null when it is no time, or one that no four-digit year holds. Digits beyond milliseconds are cut. */
function toInstant(text: string): string | null {
  const [, day = '', hour = '', minute = '', second = '00', fraction = '', zone = 'Z'] = dateTime.exec(text) ?? [];
  if (!isDay(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const offset = zoneMinutes(zone);
  if (offset === null) return null;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const utc = Date.parse(`${day}T${hour}:${minute}:${second}.${milliseconds}Z`) - offset * 60_000;
  const written = new Date(utc).toISOString();
  return /^\d{4}-/.test(written) ? written : null;
}

/** Whether the calendar has this day. */
function isDay(day: string): boolean {
  if (!date.test(day)) return false;
  const start = new Date(`${day}T00:00:00.000Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day);
}

function zoneMinutes(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || '0')];
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
