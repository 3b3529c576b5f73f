/**
 * Finds what is due, page by page in the order in which it is poked (registration.md 9 "Sweeper"). First those that
 * have not been poked since they are due, longest due first; then the others, longest unpoked first. So a head of rows
 * that fail for ever, however long, never keeps those behind from their turn.
 */
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import type { PokeKind, ReportedStatus } from '../../../contracts/node/vocabulary.ts';
import type { Database } from '../../client.ts';
import { Parameters } from '../registration/reader/parameters.ts';
import type { PokeRuleWriter } from './poke-rules.ts';

/** No node is poked twice within this, ms. */
export const pokeRestMs = 30_000;

export interface DueNode {
  readonly kind: PokeKind;
  readonly entity_id: string;
  readonly domain: string;
  readonly epoch: number;
  /** True when it was poked before for the same reason. */
  readonly again: boolean;
  /** Its place among those with the same `again`, ms since 1970 by the database's clock. */
  readonly turn: number;
  /** Whether it has a hot row, where a poke is noted. */
  readonly hot: boolean;
  readonly reported_status: ReportedStatus | null;
  /** Age of its newest beat, ms. */
  readonly beat_age_ms: number | null;
}

interface DueRow extends Omit<DueNode, 'kind' | 'epoch'> {
  readonly epoch: string;
  /** The exact place, for the next page: milliseconds would lose the rest. */
  readonly at: string;
}

/** Pages of one rule; ends when the rule has no more. */
export async function* duePages(
  database: Database,
  rule: PokeRuleWriter,
  settings: NodeSettings,
): AsyncGenerator<readonly DueNode[]> {
  for (let after: DueRow | null = null; ; ) {
    const { kind, rows } = await readPage(database, rule, settings, after);
    yield rows.map((row) => ({ ...row, kind, epoch: Number(row.epoch) }));
    after = rows.at(-1) ?? null;
    if (after === null || rows.length < settings.sweep.batch) return;
  }
}

export { nodePokeRules, undeliveredAfterMs } from './poke-rules.ts';

async function readPage(
  database: Database,
  writeRule: PokeRuleWriter,
  settings: NodeSettings,
  after: DueRow | null,
): Promise<{ readonly kind: PokeKind; readonly rows: readonly DueRow[] }> {
  const parameters = new Parameters();
  const { kind, joins, where, due } = writeRule(settings, parameters);
  const rest = `${parameters.add(pokeRestMs, 'integer')} * interval '1 millisecond'`;
  const behind =
    after === null
      ? 'true'
      : `(again, at, entity_id, domain) > (${parameters.add(after.again, 'boolean')}, ${parameters.add(after.at, 'timestamptz')},
          ${parameters.add(after.entity_id, 'uuid')}, ${parameters.add(after.domain, 'text')})`;
  const { rows } = await database.pool.query<DueRow>({
    text: `SELECT entity_id, domain, epoch, again, at::text AS at, (extract(epoch FROM at) * 1000)::float8 AS turn,
                  hot, reported_status, beat_age_ms
             FROM (
               SELECT p.entity_id, p.domain, p.epoch, coalesce(h.last_poked_at >= ${due}, false) AS again,
                      greatest(h.last_poked_at, ${due}) AS at,
                      h.entity_id IS NOT NULL AS hot, h.reported_status,
                      (extract(epoch FROM statement_timestamp() - h.last_heartbeat_at) * 1000)::float8 AS beat_age_ms
                 FROM registration_projections p ${joins}
                WHERE p.ordering_mode = 'workflow' AND ${where}
                  AND (h.last_poked_at IS NULL OR h.last_poked_at < statement_timestamp() - ${rest})
             ) AS found
            WHERE ${behind}
            ORDER BY again, at, entity_id, domain LIMIT ${parameters.add(settings.sweep.batch, 'integer')}`,
    values: parameters.values,
  });
  return { kind, rows };
}
