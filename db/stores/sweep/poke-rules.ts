/**
 * Who needs a poke (registration.md 9 "Sweeper" (3)): one rule per kind, each a condition over a projection `p`, its hot
 * row `h` and the moment from which on it was due. Rows of feeds have no workflow to poke.
 */
import type { PokeKind } from '../../../contracts/node/vocabulary.ts';
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import { deadlineTermsOf, effectiveDeadlines } from '../node-liveness/effective-deadlines.ts';
import type { Parameters } from '../registration/reader/parameters.ts';

/** In `precise` mode a timer acts on its deadline; the sweep steps in when it has not, ms. */
const preciseLatenessMs = 10_000;
/** How long what the gateway stored may wait for the workflow, ms. */
export const undeliveredAfterMs = 10_000;
/** How long a state may be left alone, ms. */
const stuckAfterMs = { pending_registration: 60_000, ack_received: 10_000, ack_timed_out: 30_000 } as const;

export interface PokeRule {
  readonly kind: PokeKind;
  /** Over `p`, `h` and what `joins` brings. */
  readonly joins: string;
  readonly where: string;
  /** `timestamptz`: since when. */
  readonly due: string;
}

/** @param parameters of the statement the rule becomes part of */
export type PokeRuleWriter = (settings: NodeSettings, parameters: Parameters) => PokeRule;

/** All rules for nodes. */
export const nodePokeRules: readonly PokeRuleWriter[] = [liveness, ack, receipt, edge, stuck];

/** The stored deadline is never later than the truth: it is what the index finds, the truth is what counts. */
function liveness(settings: NodeSettings, parameters: Parameters): PokeRule {
  const deadlines = effectiveDeadlines(parameters.add, deadlineTermsOf(settings));
  const late = latenessOf(settings, parameters);
  return {
    kind: 'liveness',
    joins: deadlines.joins,
    where: `p.current_state = 'active' AND p.liveness_timeout_emitted_at IS NULL
            AND p.liveness_deadline < ${deadlines.now} - ${late}
            AND ${deadlines.livenessOverdue} AND ${deadlines.liveness} < ${deadlines.now} - ${late}`,
    due: deadlines.liveness,
  };
}

function ack(settings: NodeSettings, parameters: Parameters): PokeRule {
  const deadlines = effectiveDeadlines(parameters.add, deadlineTermsOf(settings));
  const late = latenessOf(settings, parameters);
  return {
    kind: 'ack',
    joins: deadlines.joins,
    where: `p.ack_timeout_emitted_at IS NULL AND p.ack_deadline < ${deadlines.now} - ${late}
            AND ${deadlines.ackOverdue} AND ${deadlines.ack} < ${deadlines.now} - ${late}`,
    due: deadlines.ack,
  };
}

/** An ack the gateway wrote down and the workflow did not hear of. In time or not is for the workflow to judge. */
function receipt(_: NodeSettings, parameters: Parameters): PokeRule {
  return {
    kind: 'receipt',
    joins: hotRow,
    where: `p.current_state IN ('accepted', 'awaiting_ack') AND h.epoch = p.epoch AND h.attempt_id = p.attempt_id
            AND h.ack_received_at < statement_timestamp() - ${milliseconds(undeliveredAfterMs, parameters)}`,
    due: 'h.ack_received_at',
  };
}

/**
 * A status or a first beat that the workflow did not hear of. The hot row does not keep since when it differs, so the
 * time of its newest beat comes along: `edge-watch` decides.
 */
function edge(): PokeRule {
  return {
    kind: 'edge',
    joins: hotRow,
    where: `p.current_state = 'active' AND h.epoch = p.epoch AND h.state = 'active' AND h.beats_since_active > 0
            AND (p.last_heartbeat_at IS NULL OR h.reported_status IS DISTINCT FROM p.reported_status)`,
    due: 'p.updated_at',
  };
}

/** States that nobody is due to leave by a deadline: somebody lost the thread. */
function stuck(_: NodeSettings, parameters: Parameters): PokeRule {
  const since = `CASE p.current_state WHEN 'ack_timed_out' THEN p.next_retry_at ELSE p.state_entered_at END`;
  const patience = Object.entries(stuckAfterMs)
    .map(([state, ms]) => `WHEN '${state}' THEN ${milliseconds(ms, parameters)}`)
    .join(' ');
  return {
    kind: 'stuck',
    joins: hotRow,
    where: `p.current_state IN ('pending_registration', 'ack_received', 'ack_timed_out')
            AND ${since} < statement_timestamp() - CASE p.current_state ${patience} END`,
    due: since,
  };
}

const hotRow = 'LEFT JOIN node_liveness h ON h.entity_id = p.entity_id AND h.domain = p.domain';

function latenessOf(settings: NodeSettings, parameters: Parameters): string {
  return milliseconds(settings.deadlines.mode === 'precise' ? preciseLatenessMs : 0, parameters);
}

function milliseconds(count: number, parameters: Parameters): string {
  return `${parameters.add(count, 'integer')} * interval '1 millisecond'`;
}
