/**
 * Which of two writes to a row is newer (registration.md 7 "Comparator"). One rule for everybody: the projector's SQL
 * guard is the same rule as a row comparison over `orderingKey`, and a property test holds the two together.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { Ordering, OrderingVerdict } from '../../contracts/node/projection.ts';
import type { OrderingMode } from '../../contracts/node/vocabulary.ts';

/** Two orderings that have no order between them. */
export interface IncompatibleOrderings {
  readonly incompatible: 'mode' | 'partition';
}

/**
 * What decides between two orderings of one mode and partition: (epoch, version), (sequence, 0) or (sequence, offset),
 * compared from left to right.
 */
export interface OrderingKey {
  readonly mode: OrderingMode;
  /** Null in the modes that know none. */
  readonly partition: string | null;
  readonly major: number;
  readonly minor: number;
}

/**
 * The mode an ordering speaks: `workflow` with epoch and version, `offset` with partition and offset (`""` and 0 are
 * values), else `sequence`, where a lone partition or offset means nothing.
 */
export function modeOf(ordering: Ordering): OrderingMode {
  if (isGiven(ordering.epoch) && isGiven(ordering.version)) return 'workflow';
  return isGiven(ordering.partition) && isGiven(ordering.offset) ? 'offset' : 'sequence';
}

/**
 * The comparable form of an ordering. An offset without sequence counts as its own sequence, as `SequenceInfo.fromOffset`
 * would have it.
 *
 * @throws {OmniBaseError} ND001 where a number its mode needs is missing, negative or no safe integer
 */
export function orderingKey(ordering: Ordering): OrderingKey {
  const mode = modeOf(ordering);
  switch (mode) {
    case 'workflow':
      return { mode, partition: null, major: count(ordering, 'epoch'), minor: count(ordering, 'version') };
    case 'sequence':
      return { mode, partition: null, major: count(ordering, 'sequence'), minor: 0 };
    case 'offset': {
      const minor = count(ordering, 'offset');
      const major = isGiven(ordering.sequence) ? count(ordering, 'sequence') : minor;
      return { mode, partition: ordering.partition ?? '', major, minor };
    }
  }
}

/**
 * Judges a write ordered by `given` against a row ordered by `stored`. On a row, incompatible means ND005 (mode) or
 * ND006 (partition) and nothing written.
 *
 * @throws {OmniBaseError} ND001 as `orderingKey`
 */
export function compareOrderings(stored: Ordering, given: Ordering): OrderingVerdict | IncompatibleOrderings {
  const before = orderingKey(stored);
  const now = orderingKey(given);
  if (before.mode !== now.mode) return { incompatible: 'mode' };
  if (before.partition !== now.partition) return { incompatible: 'partition' };
  const difference = now.major - before.major || now.minor - before.minor;
  if (difference === 0) return 'duplicate';
  return difference > 0 ? 'newer' : 'stale';
}

/** Whether `a` is older than `b`; ties and incompatible pairs are neither stale nor newer. @throws ND001 */
export function isStale(a: Ordering, b: Ordering): boolean {
  return compareOrderings(b, a) === 'stale';
}

/** Whether `a` is newer than `b`. @throws ND001 */
export function isNewer(a: Ordering, b: Ordering): boolean {
  return isStale(b, a);
}

/** Members of a `SequenceInfo`; numbers are safe integers from 0, a partition has at most 128 characters. */
export interface SequenceFields {
  readonly sequence: number;
  readonly partition?: string | null;
  readonly offset?: number | null;
}

const longestPartition = 128;

/** Place of a record in a feed: an immutable `Ordering` that was checked when it was made. */
export class SequenceInfo {
  readonly sequence: number;
  readonly partition: string | null;
  readonly offset: number | null;

  /** @throws {OmniBaseError} ND001 for a field out of range and for a field it does not know */
  constructor(fields: SequenceFields) {
    for (const name of Object.keys(fields)) {
      if (!sequenceFields.has(name)) throw invalid(name, 'is not a field of a sequence');
    }
    this.sequence = count(fields, 'sequence');
    this.offset = isGiven(fields.offset) ? count(fields, 'offset') : null;
    this.partition = fields.partition ?? null;
    if (this.partition !== null && !isPartition(this.partition)) {
      throw invalid('partition', `must be text of at most ${String(longestPartition)} characters`);
    }
    Object.freeze(this);
  }

  /** Of a log with partitions: the offset is the sequence. */
  static fromOffset(partition: string | number, offset: number): SequenceInfo {
    return new SequenceInfo({ sequence: offset, partition: String(partition), offset });
  }

  /** Of a feed that only counts. */
  static fromSequence(sequence: number): SequenceInfo {
    return new SequenceInfo({ sequence });
  }
}

const sequenceFields: ReadonlySet<string> = new Set(['sequence', 'partition', 'offset']);

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function isPartition(value: unknown): boolean {
  return typeof value === 'string' && value.length <= longestPartition;
}

function count(ordering: Ordering, field: 'epoch' | 'version' | 'sequence' | 'offset'): number {
  const value = ordering[field];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(field, 'must be an integer from 0');
}

function invalid(path: string, message: string): OmniBaseError {
  return new OmniBaseError('ND001', {
    message: `ordering: ${path} ${message}`,
    issues: [{ code: 'ND001', severity: 'error', path, message }],
  });
}
