/**
 * Finds what the path of a reference may name: every version of every component that fits it in one of the three
 * readings (registry.md 2.6). Which reading and which version wins is decided by `domain/versions`.
 */
import type { ComponentStatus, ComponentType, Lifecycle } from '../../../contracts/component.ts';
import type { Database } from '../../client.ts';
import type { Row, Statement } from '../../transaction.ts';

/** What the choice of a version looks at; the whole record is read once it is made. */
export interface PathCandidate {
  readonly uuid: string;
  readonly type: ComponentType;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly lifecycle: Lifecycle;
  readonly status: ComponentStatus;
  readonly quarantined: boolean;
  readonly wip: boolean;
  readonly deprecated_by?: string;
  readonly end_of_life_date?: string;
}

const candidate = `
  SELECT c.uuid, c.type, c.namespace, c.name, c.version, c.lifecycle, c.status, c.quarantined, c.wip,
         c.document ->> 'deprecated_by' AS deprecated_by, c.document ->> 'end_of_life_date' AS end_of_life_date
    FROM components c`;

const byPath = `${candidate}
   WHERE (c.name = $1 OR (c.namespace || '.' || c.name) = $1 OR c.namespace = $1) AND ($2::text IS NULL OR c.type = $2)`;

export function selectByPath(path: string, type: ComponentType | undefined): Statement {
  return { name: 'components_by_path', text: byPath, values: [path, type ?? null] };
}

export function selectByUuid(uuid: string): Statement {
  return { name: 'component_candidate_by_uuid', text: `${candidate} WHERE c.uuid = $1`, values: [uuid] };
}

export async function findByPath(
  database: Database,
  path: string,
  type: ComponentType | undefined,
): Promise<PathCandidate[]> {
  const { rows } = await database.pool.query<Row>({
    name: 'components_by_path',
    text: byPath,
    values: [path, type ?? null],
  });
  return candidatesOf(rows);
}

export function candidatesOf(rows: readonly Row[]): PathCandidate[] {
  return (rows as readonly (Row & PathCandidate)[]).map(({ deprecated_by, end_of_life_date, ...rest }) => ({
    ...rest,
    ...(deprecated_by === null ? {} : { deprecated_by }),
    ...(end_of_life_date === null ? {} : { end_of_life_date }),
  })) as PathCandidate[];
}
