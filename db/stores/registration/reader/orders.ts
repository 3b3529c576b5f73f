/**
 * Orders of lists (registration.md 8): **H** newest change first, **S** by key, **D** by the stored deadline. Each says
 * how rows are sorted, which keys a cursor keeps, and which rows come after a cursor.
 */
import type { Position, PositionShape } from './cursor.ts';
import type { Parameters } from './parameters.ts';

export interface ListOrder {
  readonly by: string;
  /** Columns of a position, in order; instants before keys. */
  readonly keys: readonly string[];
  readonly shape: PositionShape;
  after(position: Position, parameters: Parameters): string;
}

const isUuid = (key: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key);
const isDomain = (key: string) => key.length >= 1 && key.length <= 128 && !key.includes('\0');
/** As a row told it; an infinite time is one nobody should have written, and the list goes on behind it. */
const isTime = (key: string) => /^-?infinity$/.test(key) || (isInstant(key) && key >= '0001');

/** Order H. The bound on `updated_at` alone is what the index starts from. */
export const newestFirst: ListOrder = {
  by: 'p.updated_at DESC, p.entity_id, p.domain',
  keys: ['p.updated_at', 'p.entity_id', 'p.domain'],
  shape: [isTime, isUuid, isDomain],
  after: ([at, ...key], parameters) => {
    const bound = parameters.add(at, 'timestamptz');
    return `p.updated_at <= ${bound} AND (p.updated_at < ${bound} OR ${keyAfter(key, parameters)})`;
  },
};

/** Order S. */
export const byKey: ListOrder = {
  by: 'p.entity_id, p.domain',
  keys: ['p.entity_id', 'p.domain'],
  shape: [isUuid, isDomain],
  after: keyAfter,
};

/** Order D. */
export function byDeadline(column: 'p.ack_deadline' | 'p.liveness_deadline'): ListOrder {
  return {
    by: `${column}, p.entity_id, p.domain`,
    keys: [column, 'p.entity_id', 'p.domain'],
    shape: [isTime, isUuid, isDomain],
    after: ([at, ...key], parameters) => {
      const bound = parameters.add(at, 'timestamptz');
      return `${column} >= ${bound} AND (${column} > ${bound} OR ${keyAfter(key, parameters)})`;
    },
  };
}

function keyAfter([entityId, inDomain]: Position, parameters: Parameters): string {
  return `(p.entity_id, p.domain) > (${parameters.add(entityId, 'uuid')}, ${parameters.add(inDomain, 'text')})`;
}

/** RFC 3339 UTC with milliseconds, exactly as it was given out. */
function isInstant(key: string): boolean {
  const millis = /^\d{4}-/.test(key) ? Date.parse(key) : Number.NaN;
  return !Number.isNaN(millis) && new Date(millis).toISOString() === key;
}
