/**
 * Cursors of lists (registration.md 8): the keys of the last row of a page, bound to the method and its filters, so
 * that a cursor of one question cannot continue another. Opaque to callers; nothing in it is trusted when it comes back.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../../domain/json/canonical.ts';
import { invalidQuery } from './invalid-query.ts';

/** Keys of a row in the order of its list, as text. */
export type Position = readonly string[];

/** What the keys of an order look like; nothing else reaches the database. */
export type PositionShape = readonly ((key: string) => boolean)[];

/** Names a question: its method and what it filters by, without page size and cursor. */
export function bindingOf(method: string, filters: Readonly<Record<string, unknown>>): string {
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
  return createHash('sha256')
    .update(canonicalJson([method, given]))
    .digest('base64url')
    .slice(0, 22);
}

export function encodeCursor(binding: string, position: Position): string {
  return Buffer.from(JSON.stringify([1, binding, ...position]), 'utf8').toString('base64url');
}

/** @throws ND002 when the text is no cursor, or that of another question */
export function decodeCursor(text: string, binding: string, shape: PositionShape): Position {
  const [version, bound, ...position] = parse(text);
  const keys = position.filter((key, index) => typeof key === 'string' && shape[index]?.(key) === true);
  if (version !== 1 || keys.length !== shape.length || position.length !== shape.length) {
    throw invalidQuery('cursor', 'is none that was given out');
  }
  if (bound !== binding) throw invalidQuery('cursor', 'belongs to another question; start without it');
  return keys.map(String);
}

const longestCursor = 1024;

function parse(text: string): readonly unknown[] {
  if (typeof text !== 'string' || text.length > longestCursor) return [];
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    // Not JSON: not ours. The caller is told so by the check of the version.
    return [];
  }
}
