/**
 * Looks for a circle through one component, following each kind of edge by itself (registry.md 5.2). Runs after the
 * component was written, in its transaction, so that the new edges are bound by the same rules as all others.
 */
import type { Row, Statement } from '../../transaction.ts';
import { acceptsVersion, namesComponent, openToResolution } from './bind-edge.ts';

/**
 * The walk collects bound edges, each once (UNION), so it ends on any graph and costs no more than the part of the
 * graph that can be reached; paths are put together from its answer, and only when a circle was found.
 */
const statement = `
  WITH RECURSIVE walk AS (
    SELECT DISTINCT e.kind, NULL::uuid AS from_uuid, e.from_uuid AS to_uuid
      FROM component_dependencies e WHERE e.from_uuid = $1 AND NOT e.external
    UNION
    SELECT e.kind, e.from_uuid, bound.uuid
      FROM walk w
      JOIN component_dependencies e ON e.from_uuid = w.to_uuid AND e.kind = w.kind AND NOT e.external
     CROSS JOIN LATERAL (
        SELECT found.uuid FROM (
          SELECT c.uuid, c.version_key, ways.way, min(ways.way) OVER () AS first_way,
                 ${acceptsVersion('e.ranges', 'c')} AND (e.target_uuid IS NOT NULL OR ${openToResolution('e', 'c')}) AS accepted
            FROM components c
           CROSS JOIN LATERAL (
             SELECT CASE WHEN e.target_uuid IS NOT NULL OR e.target_namespace IS NOT NULL
                           OR e.target_name = c.namespace || '.' || c.name THEN 1
                         WHEN e.target_name = c.name THEN 2 ELSE 3 END AS way) ways
           WHERE (c.uuid = e.target_uuid OR c.name = e.target_name OR c.namespace = e.target_name
                  OR (c.namespace || '.' || c.name) = e.target_name)
             AND ${namesComponent('e', 'c')}
        ) found
        WHERE found.way = found.first_way AND found.accepted
        ORDER BY found.version_key DESC, found.uuid LIMIT 1
     ) bound
     WHERE w.from_uuid IS NULL OR w.to_uuid <> $1
  )
  SELECT w.from_uuid, w.to_uuid, f.name || '@' || f.version AS label
    FROM walk w JOIN components f ON f.uuid = w.from_uuid
   WHERE w.kind IN (SELECT kind FROM walk WHERE from_uuid IS NOT NULL AND to_uuid = $1)`;

export function findCircle(uuid: string): Statement {
  return { name: 'write_find_circle', text: statement, values: [uuid] };
}

interface WalkedEdge {
  readonly from_uuid: string;
  readonly to_uuid: string;
  /** `name@version` of where the edge starts. */
  readonly label: string;
}

/** The shortest circle through `uuid`, as `a@1.0.0 -> b@2.1.0 -> a@1.0.0`; null when there is none. */
export function circleOf(uuid: string, rows: readonly Row[]): string | null {
  const edges = rows as readonly (Row & WalkedEdge)[];
  const labels = new Map(edges.map((edge) => [edge.from_uuid, edge.label]));
  const reachedFrom = new Map<string, string>();
  for (let front = [uuid]; front.length > 0; ) {
    const next: string[] = [];
    for (const edge of edges.filter(({ from_uuid }) => front.includes(from_uuid))) {
      if (reachedFrom.has(edge.to_uuid)) continue;
      reachedFrom.set(edge.to_uuid, edge.from_uuid);
      if (edge.to_uuid === uuid)
        return pathBack(uuid, reachedFrom)
          .map((step) => labels.get(step))
          .join(' -> ');
      next.push(edge.to_uuid);
    }
    front = next;
  }
  return null;
}

function pathBack(uuid: string, reachedFrom: ReadonlyMap<string, string>): string[] {
  const path = [uuid];
  for (let step = reachedFrom.get(uuid); step !== undefined && step !== uuid; step = reachedFrom.get(step))
    path.unshift(step);
  return [uuid, ...path];
}
