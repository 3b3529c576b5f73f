/**
 * The statements that change a component, each with its whole trail: revision, change and audit row come from the row
 * that was really written, so nothing is recorded that did not happen (registry.md 4, 5.2).
 */
import type { Statement } from '../../transaction.ts';
import type { ChangeOp } from '../changes/read-changes.ts';
import { recordColumns } from './record.ts';
import { componentColumns, type ComponentInput, componentRow, type EdgeRow } from './rows.ts';

/** Who changes what, for the trail. */
export interface Trail {
  readonly op: ChangeOp;
  /** Merge patch from the previous revision; null on the first. */
  readonly patch: unknown;
  /** Paths that change, for the audit row. */
  readonly paths: readonly string[];
  /** Word of the audit row: `registry.register`, `registry.update`, … */
  readonly action: string;
  readonly principal: string;
  readonly reason: string | null;
  readonly correlation_id: string;
  /** More for the audit row, e.g. that a rule was overridden. */
  readonly details: Readonly<Record<string, unknown>>;
}

const columns = componentColumns.join(', ');
const inputColumns = componentColumns.map((column) => `i.${column}`).join(', ');
const edgeColumns =
  'from_uuid, ordinal, kind, target_uuid, target_type, target_namespace, target_name, version_spec, ranges, required, external, detail';

/** Parameters $1-$8 are the trail, the same in every statement. */
const trail = `
  trail AS (
    SELECT $1::text AS op, $2::jsonb AS patch, $3::text[] AS paths, $4::text AS action, $5::text AS principal,
           $6::text AS reason, $7::text AS correlation_id, $8::jsonb AS details, clock_timestamp()::timestamptz(3) AS at
  )`;

const recordings = `
  revisions AS (
    INSERT INTO component_revisions (uuid, revision, op, document, raw, fingerprint, patch, principal, reason, correlation_id, at)
    SELECT w.uuid, w.revision, t.op, w.document, w.raw, w.fingerprint, t.patch, t.principal, t.reason, t.correlation_id, t.at
      FROM written w, trail t
  ),
  changes AS (
    INSERT INTO registry_changes (epoch, op, uuid, revision, type, namespace, name, version, principal, correlation_id, at)
    SELECT m.epoch, t.op, w.uuid, w.revision, w.type, w.namespace, w.name, w.version, t.principal, t.correlation_id, t.at
      FROM written w, trail t, registry_meta m
  ),
  audited AS (
    INSERT INTO audit_log (subject, principal, action, resource, outcome, source, paths, correlation_id, details, at)
    SELECT 'component/' || w.uuid, t.principal, t.action, w.type || '/' || w.namespace || '.' || w.name, 'allowed',
           w.source_kind, t.paths, t.correlation_id,
           t.details || jsonb_build_object('revision', w.revision, 'version', w.version)
             || CASE WHEN t.reason IS NULL THEN '{}' ELSE jsonb_build_object('reason', t.reason) END,
           t.at
      FROM written w, trail t
  )`;

const edges = `
  edges AS (
    INSERT INTO component_dependencies (${edgeColumns})
    SELECT ${edgeColumns
      .split(', ')
      .map((column) => `e.${column}`)
      .join(', ')}
      FROM jsonb_populate_recordset(NULL::component_dependencies, $10::jsonb) e JOIN written w ON w.uuid = e.from_uuid
  )`;

const input = 'input AS (SELECT * FROM jsonb_populate_record(NULL::components, $9::jsonb))';

const insertText = `
  WITH ${trail}, ${input},
  written AS (
    INSERT INTO components (${columns}, registered_at, updated_at)
    SELECT ${inputColumns}, t.at, t.at FROM input i, trail t
    ON CONFLICT DO NOTHING
    RETURNING *
  ), ${edges}, ${recordings}
  SELECT ${recordColumns('w')} FROM written w`;

const assignments = componentColumns
  .filter((column) => column !== 'uuid')
  .map((column) => `${column} = i.${column}`)
  .join(', ');

function updateText(withEdges: boolean): string {
  return `
  WITH ${trail}, ${input},
  written AS (
    UPDATE components c SET ${assignments}, updated_at = t.at
      FROM input i, trail t WHERE c.uuid = i.uuid
    RETURNING c.*
  ), ${withEdges ? `${edges}, ` : ''}${recordings}
  SELECT ${recordColumns('w')} FROM written w`;
}

const deleteText = `
  WITH ${trail}, removed AS (DELETE FROM components c WHERE c.uuid = $9 RETURNING c.*),
  written AS (
    SELECT r.uuid, r.revision + 1 AS revision, r.type, r.namespace, r.name, r.version, r.document, r.raw, r.fingerprint,
           r.source_kind, r.trust_level, r.quarantined, r.wip, r.source_ref, r.registered_at, r.updated_at
      FROM removed r
  ), ${recordings}
  SELECT ${recordColumns('w')} FROM written w`;

/** Answers the stored row, or none when another transaction took the uuid or the coordinates meanwhile. */
export function insertComponent(component: ComponentInput, rows: readonly EdgeRow[], by: Trail): Statement {
  const values = [...trailValues(by), JSON.stringify(componentRow(component)), JSON.stringify(rows)];
  return { name: 'component_insert', text: insertText, values };
}

/** Answers the stored row. With `rows` the edges are replaced, which takes a statement of its own in front. */
export function updateComponent(component: ComponentInput, rows: readonly EdgeRow[] | null, by: Trail): Statement[] {
  const values = [...trailValues(by), JSON.stringify(componentRow(component))];
  if (rows === null) return [{ name: 'component_update', text: updateText(false), values }];
  return [
    // Not in the same statement: its new rows would meet the old ones in the unique index.
    {
      name: 'component_edges_clear',
      text: 'DELETE FROM component_dependencies WHERE from_uuid = $1',
      values: [component.metadata.uuid],
    },
    {
      name: 'component_update_with_edges',
      text: updateText(true),
      values: [...values, JSON.stringify(rows)],
    },
  ];
}

/** Answers the removed row, its revision raised: the tombstone outranks every copy in a cache. */
export function deleteComponent(uuid: string, by: Trail): Statement {
  return { name: 'component_delete', text: deleteText, values: [...trailValues(by), uuid] };
}

function trailValues(by: Trail): unknown[] {
  return [
    by.op,
    by.patch === null ? null : JSON.stringify(by.patch),
    by.paths,
    by.action,
    by.principal,
    by.reason,
    by.correlation_id,
    JSON.stringify(by.details),
  ];
}
