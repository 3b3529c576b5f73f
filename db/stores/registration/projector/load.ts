/**
 * What a workflow needs to go on from Postgres (registration.md 9 "Boot"): its row, the attempts that may still be
 * acknowledged, what it has handled before and what its present wait began with. One flight over one snapshot.
 */
import type { KnownAttempt, LoadedRegistration } from '../../../../contracts/node/projection.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import type { NodeSettings } from '../../../../contracts/node/settings.ts';
import { rowDeadlines } from '../../../../domain/registration/row-deadlines.ts';
import type { Database } from '../../../client.ts';
import { inTransaction, type Row } from '../../../transaction.ts';
import { readSurroundings, type Surroundings, surroundingsStatement } from './locked-row.ts';
import { flag, integer, nullable, type Readers, readColumns, text, time } from './read-columns.ts';
import { nodeColumnList, nodeLivenessColumnList, nodeRowOf, parseNodeLivenessRow } from './row.ts';
import { pathOf, rowClock } from './row-clock.ts';

/** Null without a row, and for a row that belongs to a feed. @throws ND012 when the row cannot be read */
export async function loadRegistration(
  database: Database,
  settings: NodeSettings,
  entityId: string,
  domain: string,
): Promise<LoadedRegistration | null> {
  const key = [entityId, domain];
  const [rows = [], hotRows = [], surroundings = [], attempts = [], seen = [], openings = []] = await inTransaction(
    database.pool,
    (transaction) =>
      transaction.commit([
        { name: 'node_load', text: rowStatement, values: key },
        { name: 'node_load_hot', text: hotStatement, values: key },
        surroundingsStatement,
        { name: 'node_load_attempts', text: attemptsStatement, values: key },
        { name: 'node_load_seen', text: seenStatement, values: key },
        { name: 'node_load_opening', text: openingStatement, values: key },
      ]),
    'snapshot',
  );
  if (rows[0] === undefined) return null;
  const row = nodeRowOf(rows[0]);
  if (row.ordering_mode !== 'workflow') return null;
  const hotRead = hotRows[0] === undefined ? null : parseNodeLivenessRow(hotRows[0]);
  const liveness = hotRead?.ok === true ? hotRead.row : null;
  const around = readSurroundings(surroundings[0]);
  const due = rowDeadlines(row, liveness, pathOf(row, liveness, around.paths), settings);
  return {
    row,
    liveness,
    attempts: attempts.flatMap((values) => attemptOf(values, row, due.ack, around)),
    seen: seen.flatMap(({ cause_id }) => (typeof cause_id === 'string' ? [cause_id] : [])),
    opening_event_id: openingOf(openings[0]),
    clock: rowClock(row, liveness, around, settings),
  };
}

const rowStatement = `SELECT ${nodeColumnList('p')} FROM registration_projections p
  WHERE p.entity_id = $1 AND p.domain = $2`;

const hotStatement = `SELECT ${nodeLivenessColumnList('h')} FROM node_liveness h
  WHERE h.entity_id = $1 AND h.domain = $2`;

/**
 * The last eight epochs by what opened them, each with the deadline its offer was given and whether it was answered. The
 * history may be purged but for the latest epoch: older attempts are closed by then.
 */
const attemptsStatement = `
  SELECT o.attempt_id, o.epoch,
         (SELECT t.deadline_at FROM registration_transitions t
           WHERE t.entity_id = $1 AND t.domain = $2 AND t.epoch = o.epoch AND t.to_state = 'accepted') AS deadline_at,
         EXISTS (SELECT FROM registration_transitions t
           WHERE t.entity_id = $1 AND t.domain = $2 AND t.epoch = o.epoch AND t.to_state = 'ack_received') AS answered
    FROM registration_transitions o
   WHERE o.entity_id = $1 AND o.domain = $2 AND o.kind IN ('epoch_start', 'retry') AND o.attempt_id IS NOT NULL
   ORDER BY o.epoch DESC LIMIT 8`;

/** Causes that are messages or commands; those that are events of the node's own past are caused by time. */
const seenStatement = `
  SELECT t.cause_id FROM registration_transitions t
   WHERE t.entity_id = $1 AND t.domain = $2 AND t.cause_id IS NOT NULL
     AND NOT EXISTS (SELECT FROM registration_transitions e
                      WHERE e.entity_id = $1 AND e.domain = $2 AND e.event_id = t.cause_id)
   GROUP BY t.cause_id ORDER BY max(t.id) DESC LIMIT 32`;

/** The step by which the present state was entered, where that opened a wait. */
const openingStatement = `
  SELECT t.event_id FROM registration_transitions t
    JOIN registration_projections p ON p.entity_id = t.entity_id AND p.domain = t.domain AND p.epoch = t.epoch
   WHERE t.entity_id = $1 AND t.domain = $2 AND t.kind = 'edge' AND t.to_state = p.current_state
     AND t.to_state IN ('accepted', 'awaiting_ack', 'ack_timed_out', 'active')
   ORDER BY t.version DESC LIMIT 1`;

interface AttemptRow {
  readonly attempt_id: string;
  readonly epoch: number;
  readonly deadline_at: string | null;
  readonly answered: boolean;
}

const attemptReaders: Readers<AttemptRow> = {
  attempt_id: text,
  epoch: integer,
  deadline_at: nullable(time),
  answered: flag,
};

/** The current attempt is open until its effective deadline, an earlier one until the deadline it was given. */
function attemptOf(values: Row, row: NodeRow, effectiveAck: number | null, { now }: Surroundings): KnownAttempt[] {
  const read = readColumns(attemptReaders, values);
  if (!read.ok) return [];
  const { attempt_id, epoch, deadline_at, answered } = read.row;
  const given = deadline_at === null ? null : Date.parse(deadline_at);
  const until = epoch === row.epoch ? (effectiveAck ?? given) : given;
  return [{ attempt_id, epoch, window_remaining_ms: answered || until === null ? 0 : Math.max(0, until - now) }];
}

function openingOf(values: Row | undefined): string | null {
  const id = values?.['event_id'];
  return typeof id === 'string' ? id : null;
}
