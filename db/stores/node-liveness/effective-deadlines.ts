/**
 * The deadlines of registration.md 3.7 as SQL, over rows `p` of `registration_projections`. The rule itself is
 * `domain/registration/row-deadlines`; a property test on Postgres holds the two together.
 *
 * The coarse copy in the projection is never later than the truth, so a row is overdue only where both have passed: the
 * copy is what an index can find, the truth what counts.
 */
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import { windowFor } from '../../../domain/deadlines/intervals.ts';
import { pathSilenceLimit } from '../../../domain/deadlines/path.ts';

/** Settings that enter a deadline. */
export interface DeadlineTerms {
  readonly ackTimeoutMs: number;
  readonly firstLivenessMs: number;
  /** Of a node without a hot row, ms. */
  readonly windowMs: number;
  readonly missedWindows: number;
}

export function deadlineTermsOf({ registration, damping }: NodeSettings): DeadlineTerms {
  return {
    ackTimeoutMs: registration.ack_timeout_ms,
    firstLivenessMs: registration.first_liveness_ms,
    windowMs: windowFor(registration, registration.heartbeat_interval_ms),
    missedWindows: damping.missed_windows,
  };
}

/** What the expressions below are written over; `joins` follows `FROM registration_projections p`. */
export interface EffectiveDeadlines {
  readonly joins: string;
  /** The instant that is judged. */
  readonly now: string;
  /** `timestamptz`, null while the path of the node is down. */
  readonly liveness: string;
  readonly ack: string;
  /** Conditions of WHERE; null where there is no deadline, so what must not hold is `… IS NOT TRUE`. */
  readonly livenessOverdue: string;
  readonly ackOverdue: string;
  /** The coarse copy alone, without `joins`: where it is not true, nobody is overdue. */
  readonly coarseLivenessPassed: string;
}

/**
 * @param add stores a parameter of the statement and answers its placeholder
 * @param now RFC 3339, null = the database's clock. Whether a path is down is asked of that clock in any case: a caller
 *   who asks about another moment means the same fleet behind the same gateway.
 */
export function effectiveDeadlines(
  add: (value: unknown, type: string) => string,
  terms: DeadlineTerms,
  now: string | null = null,
): EffectiveDeadlines {
  const judged = now === null ? 'statement_timestamp()' : add(now, 'timestamptz');
  const up = `CASE WHEN coalesce(h.path, p.path) = 'signal' THEN paths.signal_up ELSE paths.gateway_up END`;
  // Without a hot row of this epoch the coarse copies stand in.
  const lastBeat = 'CASE WHEN h.entity_id IS NULL THEN p.last_heartbeat_at ELSE h.last_heartbeat_at END';
  const hasBeaten = 'coalesce(h.beats_since_active > 0, p.last_heartbeat_at IS NOT NULL)';
  // greatest() passes over nulls, but without a path there is no deadline at all.
  const unlessDown = (deadline: string) => `CASE WHEN (${up}) IS NOT NULL THEN ${deadline} END`;
  const granted = `CASE WHEN ${hasBeaten} THEN coalesce(h.window_ms, paths.window_ms) ELSE paths.first_ms END`;
  const bySilence = `greatest(${lastBeat}, p.state_entered_at, ${up}) + ${milliseconds(`(${granted}) * paths.missed_windows`)}`;
  const liveness = unlessDown(`greatest(p.state_entered_at + ${milliseconds('paths.first_ms')}, ${bySilence})`);
  const ack = unlessDown(`greatest(p.ack_deadline, (${up}) + ${milliseconds('paths.ack_timeout_ms')})`);
  // A row of a feed has no path of ours and no hot row: what the feed says is the truth.
  const passed = (deadline: string) =>
    `CASE WHEN p.ordering_mode = 'workflow' THEN (${deadline}) < ${judged} ELSE true END`;
  const receiptInTime = `coalesce(h.attempt_id = p.attempt_id AND h.ack_received_at <= ${ack}, false)`;
  const coarseLivenessPassed = `(p.current_state = 'active' AND p.liveness_timeout_emitted_at IS NULL
      AND p.liveness_deadline < ${judged})`;
  return {
    joins: `LEFT JOIN node_liveness h ON h.entity_id = p.entity_id AND h.domain = p.domain AND h.epoch = p.epoch
      CROSS JOIN (SELECT max(up_since) FILTER (WHERE component = 'ingest') AS gateway_up,
          max(up_since) FILTER (WHERE component = 'sweep') AS signal_up,
          ${add(terms.ackTimeoutMs, 'integer')} AS ack_timeout_ms,
          ${add(terms.firstLivenessMs, 'integer')} AS first_ms,
          ${add(terms.windowMs, 'integer')} AS window_ms,
          ${add(terms.missedWindows, 'float8')} AS missed_windows
        FROM component_liveness
        WHERE component IN ('ingest', 'sweep') AND instance = 'shared'
          AND last_seen_at >= statement_timestamp() - ${milliseconds(add(pathSilenceLimit, 'integer'))}) paths`,
    now: judged,
    liveness,
    ack,
    coarseLivenessPassed,
    livenessOverdue: `(${coarseLivenessPassed} AND ${passed(liveness)})`,
    ackOverdue: `(p.current_state IN ('accepted', 'awaiting_ack') AND p.ack_timeout_emitted_at IS NULL
      AND p.ack_deadline < ${judged} AND ${passed(ack)} AND NOT ${receiptInTime})`,
  };
}

function milliseconds(count: string): string {
  return `${count} * interval '1 millisecond'`;
}
