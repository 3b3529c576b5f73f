/**
 * Second flight of every write (registration.md 7): one statement writes projection, hot copy, history and outbox, all
 * of them from the row that was really written, so a write that touched no row announces nothing. Rows travel as JSON:
 * one parameter each instead of seventy, read by the column types of their table.
 */
import { outboxChannel } from '../../../../contracts/event.ts';
import type { NodeLivenessRow, NodeRow, TransitionRow } from '../../../../contracts/node/row.ts';
import type { NodeEvent } from '../../../../contracts/event.ts';
import type { Ordering } from '../../../../contracts/node/projection.ts';
import type { Statement } from '../../../transaction.ts';
import { emptyFacts } from '../../../../domain/registration/empty-row.ts';
import { orderingValues, verdictSql } from './ordering-sql.ts';
import { nodeColumns, nodeLivenessColumns } from './row.ts';
import { storableJson } from './storable-json.ts';

export interface RowsToWrite {
  /** Whether the projection has the row: it is locked then. */
  readonly exists: boolean;
  readonly row: NodeRow;
  readonly ordering: Ordering;
  /** False leaves the columns of facts alone: the largest ones need not travel and be stored again. */
  readonly facts: boolean;
  /** Null for rows of feeds. */
  readonly hot: NodeLivenessRow | null;
  readonly transitions: readonly Omit<TransitionRow, 'id'>[];
  readonly events: readonly NodeEvent[];
}

/** Topic under which streams find events of nodes. */
export const nodeTopic = 'nodes';

export function writeStatement({ exists, row, ordering, facts, hot, transitions, events }: RowsToWrite): Statement {
  const variant = exists ? (facts ? 'update_facts' : 'update') : 'insert';
  return {
    name: `node_${variant}`,
    text: statements[variant],
    values: [
      storableJson(exists && !facts ? withoutFacts(row) : row),
      hot === null ? null : storableJson(hot),
      storableJson(transitions),
      storableJson(events.map((event) => ({ type: event.type, event_id: event.event_id, payload: event }))),
      ...(exists ? orderingValues(ordering) : []),
    ],
  };
}

/** Takes steps out of the history that the row has lost. */
export function removeOrphans(row: NodeRow | null, key: { entity_id: string; domain: string }): Statement {
  return {
    name: 'node_remove_orphans',
    text: `DELETE FROM registration_transitions
            WHERE entity_id = $1 AND domain = $2 AND (epoch, version) > ($3::bigint, $4::bigint)`,
    values: [key.entity_id, key.domain, row?.epoch ?? 0, row?.version ?? 0],
  };
}

/** Never written again: who and since when. */
const keyColumns: ReadonlySet<string> = new Set<keyof NodeRow>([
  'entity_id',
  'domain',
  'registered_at',
  'ordering_mode',
]);

const factColumns: ReadonlySet<string> = new Set([
  ...Object.keys(emptyFacts({ node_type: 'effect', node_version: '', node_name: null, instance_id: null })),
  'facts_hash',
]);

/** Of the facts, these are known to every write. */
const identityColumns: ReadonlySet<string> = new Set<keyof NodeRow>([
  'node_type',
  'node_version',
  'node_name',
  'instance_id',
]);

const largeColumns = nodeColumns.filter((column) => factColumns.has(column) && !identityColumns.has(column));

function withoutFacts(row: NodeRow): Partial<NodeRow> {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !largeColumns.some((large) => large === column)));
}

const insertRow = `
  INSERT INTO registration_projections (${nodeColumns.join(', ')})
  SELECT ${nodeColumns.map((column) => `n.${column}`).join(', ')}
    FROM jsonb_populate_record(NULL::registration_projections, $1::jsonb) n
  RETURNING entity_id, domain`;

/** The guard repeats, in SQL, what was decided on the locked row. */
function updateRow(columns: readonly string[]): string {
  return `
  UPDATE registration_projections p SET ${columns.map((column) => `${column} = n.${column}`).join(', ')}
    FROM jsonb_populate_record(NULL::registration_projections, $1::jsonb) n
   WHERE p.entity_id = n.entity_id AND p.domain = n.domain AND ${verdictSql('p', 5)} = 'newer'
  RETURNING p.entity_id, p.domain`;
}

const hotColumns = nodeLivenessColumns.join(', ');

const writeHot = `
  INSERT INTO node_liveness (${hotColumns})
  SELECT ${nodeLivenessColumns.map((column) => `h.${column}`).join(', ')}
    FROM written, jsonb_populate_record(NULL::node_liveness, $2::jsonb) h
   WHERE $2::jsonb IS NOT NULL
  ON CONFLICT (entity_id, domain) DO UPDATE SET
    ${nodeLivenessColumns
      .filter((column) => column !== 'entity_id' && column !== 'domain')
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}`;

const transitionColumns = [
  'entity_id',
  'domain',
  'epoch',
  'version',
  'kind',
  'from_state',
  'to_state',
  'event_id',
  'cause_id',
  'correlation_id',
  'attempt_id',
  'actor',
  'reason_code',
  'deadline_at',
  'occurred_at',
] as const satisfies readonly (keyof TransitionRow)[];

const writeHistory = `
  INSERT INTO registration_transitions (${transitionColumns.join(', ')})
  SELECT ${transitionColumns.map((column) => `t.${column}`).join(', ')}
    FROM written, jsonb_populate_recordset(NULL::registration_transitions, $3::jsonb) t
   ORDER BY t.epoch, t.version`;

/** An event that is there already was announced before its row was lost; consumers know it. */
const writeEvents = `
  INSERT INTO outbox (class, topic, type, event_id, subject_kind, subject_id, domain, payload)
  SELECT 'event', '${nodeTopic}', e.type, e.event_id, 'node', written.entity_id::text, written.domain, e.payload
    FROM written, jsonb_to_recordset($4::jsonb) AS e(type text, event_id uuid, payload jsonb)
   ORDER BY (e.payload->>'version')::bigint
  ON CONFLICT (event_id) DO NOTHING
  RETURNING id`;

function assembled(writeRow: string): string {
  return `WITH written AS (${writeRow}), hot AS (${writeHot}), history AS (${writeHistory}), announced AS (${writeEvents})
    SELECT count(*)::int AS written,
      CASE WHEN EXISTS (SELECT FROM announced) THEN pg_notify('${outboxChannel}', '') END AS woken
      FROM written`;
}

const updatable = nodeColumns.filter((column) => !keyColumns.has(column));

const statements = {
  insert: assembled(insertRow),
  update: assembled(updateRow(updatable.filter((column) => !largeColumns.includes(column)))),
  update_facts: assembled(updateRow(updatable)),
} as const;
