/**
 * Liveness of the two ways nodes beat (registration.md 6.4): row `ingest` stands for the path `gateway`, which every
 * gateway refreshes right after a probe of the heartbeat path; row `sweep` for the path `signal`, which each sweep
 * refreshes, proving Temporal, worker and database at once. A path whose row is missing or more than 10 s old is down,
 * and nothing that beats through it is overdue.
 */
import { type PathLiveness, pathSilenceLimit } from '../../../domain/deadlines/path.ts';
import type { Database } from '../../client.ts';

/** Name of the row that stands for a path. */
export type PathComponent = 'ingest' | 'sweep';

export interface PathStates {
  /** Database clock, ms since 1970. */
  readonly now: number;
  /** Null before the first refresh. */
  readonly ingest: PathLiveness | null;
  readonly sweep: PathLiveness | null;
}

/**
 * Says that a path works. One statement, whoever else does the same at once: the times are read after the row is
 * locked, so `last_seen_at` never goes back.
 */
export async function refreshPath(database: Database, component: PathComponent): Promise<void> {
  await database.pool.query({
    name: 'refresh_path',
    text: `INSERT INTO component_liveness AS known (component, instance, up_since, last_seen_at)
           VALUES ($1, 'shared', clock_timestamp(), clock_timestamp())
           ON CONFLICT (component, instance) DO UPDATE SET
             up_since = CASE WHEN known.last_seen_at < clock_timestamp() - $2 * interval '1 millisecond'
                             THEN clock_timestamp() ELSE known.up_since END,
             last_seen_at = greatest(known.last_seen_at, clock_timestamp())`,
    values: [component, pathSilenceLimit],
  });
}

/** Both rows and the database's clock, in one statement. */
export async function readPaths(database: Database): Promise<PathStates> {
  const { rows } = await database.pool.query<PathRow>({
    name: 'read_paths',
    text: `SELECT ${milliseconds('clock_timestamp()')} AS now, path.component,
                  ${milliseconds('path.up_since')} AS up_since, ${milliseconds('path.last_seen_at')} AS last_seen
             FROM (SELECT 1) AS always
             LEFT JOIN component_liveness AS path ON path.component IN ('ingest', 'sweep') AND path.instance = 'shared'`,
  });
  const timesOf = (component: PathComponent): PathLiveness | null => {
    const row = rows.find((candidate) => candidate.component === component);
    return row === undefined ? null : { up_since: row.up_since, last_seen: row.last_seen };
  };
  const [first] = rows;
  if (first === undefined) throw new Error('a statement over one row answered none');
  return { now: first.now, ingest: timesOf('ingest'), sweep: timesOf('sweep') };
}

interface PathRow {
  readonly now: number;
  readonly component: PathComponent | null;
  readonly up_since: number;
  readonly last_seen: number;
}

function milliseconds(time: string): string {
  return `(extract(epoch FROM ${time}) * 1000)::float8`;
}
