/**
 * Components that would lose something if another one went away (registry.md 5.5): by archiving it, those with a
 * required dependency that only it satisfies; by deleting it, all that point to its uuid.
 */
import type { Row, Statement } from '../../transaction.ts';
import { acceptsComponent } from './bind-edge.ts';

/** How many are named in the refusal. */
const listed = 20;

const onlyThisText = `
  SELECT DISTINCT d.uuid, d.type || ':' || d.namespace || '.' || d.name || '@' || d.version AS reference
    FROM components c
    JOIN component_dependencies e
      ON e.target_uuid = c.uuid OR e.target_name IN (c.namespace || '.' || c.name, c.name, c.namespace)
    JOIN components d ON d.uuid = e.from_uuid AND d.uuid <> c.uuid AND d.lifecycle <> 'archived'
   WHERE c.uuid = $1 AND e.required AND e.kind = 'depends_on' AND ${acceptsComponent('e', 'c')}
     AND NOT EXISTS (
       SELECT 1 FROM components o
        WHERE o.uuid <> c.uuid AND o.lifecycle <> 'archived'
          AND (o.uuid = e.target_uuid OR o.name = e.target_name OR o.namespace = e.target_name
               OR (o.namespace || '.' || o.name) = e.target_name)
          AND ${acceptsComponent('e', 'o')})
   ORDER BY reference LIMIT ${listed}`;

const pointingText = `
  SELECT DISTINCT d.uuid, d.type || ':' || d.namespace || '.' || d.name || '@' || d.version AS reference
    FROM component_dependencies e JOIN components d ON d.uuid = e.from_uuid AND d.uuid <> $1
   WHERE e.target_uuid = $1
   ORDER BY reference LIMIT ${listed}`;

/** Non-archived components that require this one and have no other. */
export function dependentsOnOnly(uuid: string): Statement {
  return { name: 'dependents_on_only', text: onlyThisText, values: [uuid] };
}

/** Components with an edge to this uuid, whatever their lifecycle. */
export function pointingTo(uuid: string): Statement {
  return { name: 'dependents_pointing_to', text: pointingText, values: [uuid] };
}

export function dependentsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => String(row['reference']));
}
