/** Cursors of search (registry.md 5.4): where a page ended, bound to the criteria it was made for. */
import { OmniBaseError } from '../../contracts/error.ts';
import { isJsonObject } from '../../domain/json/values.ts';
import type { SearchCriteria } from '../../domain/search/criteria.ts';
import type { Position } from '../../domain/search/evaluate.ts';
import { isUuid } from '../../domain/versions/reference.ts';
import { hashOf } from '../hashes.ts';

/** Short for people who copy cursors around; long enough that two searches never share it by chance. */
const hashLength = 16;

export function encodePosition(position: Position, criteria: SearchCriteria): string {
  return Buffer.from(JSON.stringify({ p: position, h: hashOf(criteria).slice(0, hashLength) })).toString('base64url');
}

/** @throws QY004 when the text is no cursor or belongs to another search */
export function decodePosition(cursor: string, criteria: SearchCriteria): Position {
  const value = parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!isJsonObject(value) || value['h'] !== hashOf(criteria).slice(0, hashLength)) throw refusal(cursor);
  const { p } = value;
  if (!Array.isArray(p) || p.length !== criteria.order.length + 1) throw refusal(cursor);
  const fits = p.every((part, index) => isOfKey(part, criteria.order[index]?.key));
  if (!fits) throw refusal(cursor);
  return p as Position;
}

/** The hash does not keep anybody from writing a cursor by hand, so values of the wrong kind are refused here. */
function isOfKey(part: unknown, key: SearchCriteria['order'][number]['key'] | undefined): boolean {
  if (key === 'relevance') return typeof part === 'number' && Number.isInteger(part) && part >= 0 && part <= 3;
  if (typeof part !== 'string') return false;
  if (key === undefined) return isUuid(part);
  const isTime = key === 'registered_at' || key === 'updated_at';
  return isTime
    ? /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(part) && !Number.isNaN(Date.parse(part))
    : !part.includes('\u0000');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not one of our cursors.
    return null;
  }
}

function refusal(cursor: string): OmniBaseError {
  return new OmniBaseError('QY004', { details: { cursor: cursor.slice(0, 255) } });
}
