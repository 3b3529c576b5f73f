/** What a write has to know before it decides, read under its locks in one flight. */
import type { ComponentRecord } from '../../../contracts/component.ts';
import type { Row, Statement } from '../../transaction.ts';
import { acceptsComponent } from './bind-edge.ts';
import { recordColumns, recordOf } from './record.ts';
import type { EdgeRow } from './rows.ts';

/** The component itself, its row locked. */
export interface StoredComponent {
  readonly record: ComponentRecord;
  readonly raw: unknown;
}

const ownStatement = `SELECT ${recordColumns('c')}, c.raw FROM components c WHERE c.uuid = $1 FOR UPDATE`;

export function readOwn(uuid: string): Statement {
  return { name: 'write_read_own', text: ownStatement, values: [uuid] };
}

export function ownOf(rows: readonly Row[]): StoredComponent | null {
  return rows[0] === undefined ? null : { record: recordOf(rows[0]), raw: rows[0]['raw'] };
}

/** What surrounds a component that is about to be written. */
export interface Surroundings {
  /** The highest revision this uuid ever had, 0 for a new one: revisions never restart. */
  readonly last_revision: number;
  /** Another component with the same coordinates. */
  readonly occupant: string | null;
  /** Positions in the list of edges of required ones that nothing answers yet (RG007). */
  readonly unanswered: readonly number[];
}

export interface Coordinates {
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
  readonly version_key: string;
}

const unansweredColumn = `(
  SELECT coalesce(array_agg(e.position - 1 ORDER BY e.position), '{}')
    FROM ROWS FROM (jsonb_to_recordset($6::jsonb) AS (
           target_uuid uuid, target_type text, target_namespace text, target_name text,
           ranges jsonb, required boolean, external boolean))
         WITH ORDINALITY AS e(target_uuid, target_type, target_namespace, target_name, ranges, required, external, position)
   WHERE e.required AND NOT e.external
     AND NOT EXISTS (
       SELECT 1 FROM components c
        WHERE (c.uuid = e.target_uuid OR c.name = e.target_name OR c.namespace = e.target_name
               OR (c.namespace || '.' || c.name) = e.target_name)
          AND ${acceptsComponent('e', 'c')}))::integer[]`;

/** Without edges the column of unanswered ones is left out: most components have none. */
function surroundingsStatement(withEdges: boolean): string {
  return `
  SELECT coalesce((SELECT max(r.revision) FROM component_revisions r WHERE r.uuid = $1), 0) AS last_revision,
         (SELECT c.uuid FROM components c
           WHERE c.type = $2 AND c.namespace = $3 AND c.name = $4 AND c.version_key = $5 AND c.uuid <> $1) AS occupant,
         ${withEdges ? unansweredColumn : `'{}'::integer[]`} AS unanswered`;
}

export function readSurroundings(uuid: string, at: Coordinates, edges: readonly EdgeRow[]): Statement {
  const values = [uuid, at.type, at.namespace, at.name, at.version_key];
  return edges.length === 0
    ? { name: 'write_surroundings', text: surroundingsStatement(false), values }
    : {
        name: 'write_surroundings_with_edges',
        text: surroundingsStatement(true),
        values: [...values, JSON.stringify(edges)],
      };
}

export function surroundingsOf(rows: readonly Row[]): Surroundings {
  return rows[0] as Row & Surroundings;
}

const pointedToStatement = `
  SELECT EXISTS (
    SELECT 1 FROM component_dependencies e
     WHERE e.from_uuid <> $1 AND NOT e.external
       AND (e.target_uuid = $1 OR e.target_name IN ($3 || '.' || $4, $4, $3))
       AND (e.target_type IS NULL OR e.target_type = $2)) AS pointed_to`;

/** Whether any edge may mean this component: only then can a new edge of it close a circle. */
export function readPointedTo(uuid: string, at: Coordinates): Statement {
  return {
    name: 'write_pointed_to',
    text: pointedToStatement,
    values: [uuid, at.type, at.namespace, at.name],
  };
}
