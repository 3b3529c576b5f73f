/**
 * What the answer to a beat needs from the projections. It is asked in the transaction that holds the hot rows, so it
 * sees the very step that wrote them: a later one waits for those locks before it commits.
 */
import type { Heartbeat } from '../../../contracts/node/messages.ts';
import type { Statement } from '../../transaction.ts';
import { float, integer, nullable, type Readers, text, time } from '../registration/projector/read-columns.ts';

export interface RegisteredRow {
  readonly entity_id: string;
  readonly domain: string;
  readonly version: number;
  readonly attempt_number: number;
  readonly node_version: string;
  readonly ack_deadline: string | null;
  /** To the stored deadline, ms, never below 0. */
  readonly ack_in_ms: number | null;
  /** Null while no retry is due. */
  readonly retry_in_ms: number | null;
}

export const registeredReaders: Readers<RegisteredRow> = {
  entity_id: text,
  domain: text,
  version: integer,
  attempt_number: integer,
  node_version: text,
  ack_deadline: nullable(time),
  ack_in_ms: nullable(float),
  retry_in_ms: nullable(float),
};

export function registeredStatement(beats: readonly Heartbeat[]): Statement {
  return {
    name: 'registered_facts',
    text: `SELECT p.entity_id, p.domain, p.version, p.attempt_number, p.node_version, p.ack_deadline,
                  ${millisecondsTo('p.ack_deadline', 'floor')} AS ack_in_ms,
                  ${millisecondsTo('p.next_retry_at', 'ceil')} AS retry_in_ms
             FROM unnest($1::uuid[], $2::text[]) AS k (entity_id, domain)
             JOIN registration_projections p ON p.entity_id = k.entity_id AND p.domain = k.domain`,
    values: [beats.map(({ node_id }) => node_id), beats.map(({ domain }) => domain)],
  };
}

/** Whole milliseconds, rounded to the side on which nobody comes too late or too early; greatest() passes over null. */
export function millisecondsTo(time: string, round: 'floor' | 'ceil'): string {
  const left = `${round}(extract(epoch FROM ${time} - clock_timestamp()) * 1000)`;
  return `(CASE WHEN ${time} IS NOT NULL THEN greatest(0, ${left}) END)::float8`;
}
