/** Liveness of host workers and other parts (stages.md 6.4): stamped every 5 s, judged by the database's clock only. */
import type { Database } from '../../client.ts';

export interface Part {
  /** Kind of part: `host`, `control`, `api`. */
  readonly component: string;
  /** Which one of that kind, e.g. the host id. */
  readonly instance: string;
}

export interface Liveness {
  /** RFC 3339: since when it is up without a gap. */
  readonly up_since: string;
  readonly last_seen_at: string;
  /** Milliseconds since it was last seen. */
  readonly age_ms: number;
}

/** A part that was silent longer than this has been away: its `up_since` starts again. */
const awayAfterMs = 20_000;

/**
 * Says "here I am".
 *
 * @param options.starting true for the first stamp of a process: it is up since now
 */
export async function stampComponent(
  database: Database,
  { component, instance }: Part,
  options: { readonly starting?: boolean } = {},
): Promise<void> {
  await database.pool.query(
    `INSERT INTO component_liveness AS known (component, instance) VALUES ($1, $2)
     ON CONFLICT (component, instance) DO UPDATE SET
       last_seen_at = now(),
       up_since = CASE WHEN $3 OR known.last_seen_at < now() - $4 * interval '1 millisecond'
                       THEN now() ELSE known.up_since END`,
    [component, instance, options.starting ?? false, awayAfterMs],
  );
}

/** When a part was last seen, null when it never was. */
export async function readComponent(database: Database, { component, instance }: Part): Promise<Liveness | null> {
  const { rows } = await database.pool.query<{ up_since: Date; last_seen_at: Date; age_ms: number }>(
    `SELECT up_since, last_seen_at,
            greatest(0, extract(epoch FROM clock_timestamp() - last_seen_at) * 1000)::float8 AS age_ms
       FROM component_liveness WHERE component = $1 AND instance = $2`,
    [component, instance],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    up_since: row.up_since.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
    age_ms: Math.round(row.age_ms),
  };
}
