/** An embedded Postgres of its own with a fleet in it, for benches that need no engine. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultNodeDomain } from '../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { deriveFacts } from '../../domain/registration/facts.ts';
import { startPostgres } from '../../local/postgres.ts';
import { introspectionOf } from './nodes.ts';

export interface BenchDatabase {
  readonly url: string;
  readonly folder: string;
  readonly version: string;
  stop(): Promise<void>;
}

export async function startBenchDatabase(): Promise<BenchDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'omnibase-bench-nodes-'));
  // Entered by the database's account when the bench runs as root.
  chmodSync(folder, 0o711);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const postgres = await startPostgres({ stateDir: folder }).catch((cause: unknown) => {
    remove();
    throw cause;
  });
  const stop = async (): Promise<void> => {
    await postgres.stop();
    remove();
  };
  try {
    await migrate(postgres.url);
    return { url: postgres.url, folder, version: await versionOf(postgres.url), stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function versionOf(url: string): Promise<string> {
  const database = openDatabase(url, { applicationName: 'bench' });
  try {
    const { rows } = await database.pool.query<{ server_version: string }>('SHOW server_version');
    return `Postgres ${rows[0]?.server_version}`;
  } finally {
    await database.close();
  }
}

const rowsAtOnce = 1_000;

/** Of a hundred rows, as it is between two sweeps: their coarse deadline has passed, their beats have renewed the truth. */
const stalePercent = 5;

/**
 * Active nodes that beat a moment ago, written set-wise: their facts are derived as those of a registered node are, the
 * rest is what their fifth step leaves behind. Their windows are as long as a bench may last.
 */
export async function insertActiveNodes(database: Database, count: number): Promise<void> {
  for (let from = 0; from < count; from += rowsAtOnce) {
    const rows = Array.from({ length: Math.min(rowsAtOnce, count - from) }, (_, offset) => rowOf(from + offset));
    await database.pool.query(
      `INSERT INTO registration_projections
       SELECT given.* FROM json_populate_recordset(NULL::registration_projections, $1) AS given`,
      [JSON.stringify(rows)],
    );
  }
  await database.pool.query(
    `INSERT INTO node_liveness (entity_id, domain, epoch, attempt_id, state, state_entered_at, path, interval_ms,
       window_ms, last_heartbeat_at, beats_since_active, reported_status, uptime_seconds, active_operations_count,
       cpu_usage_percent, node_sequence)
     SELECT entity_id, domain, epoch, attempt_id, current_state, state_entered_at, path, 30000, 86400000,
            last_heartbeat_at, 100, 'healthy', 1, 1, 1, 0
       FROM registration_projections`,
  );
  await database.pool.query(
    `INSERT INTO component_liveness (component, instance, up_since, last_seen_at)
     VALUES ('ingest', 'shared', now() - interval '1 h', now() + interval '1 d'),
            ('sweep', 'shared', now() - interval '1 h', now() + interval '1 d')`,
  );
  await database.pool.query('VACUUM ANALYZE registration_projections, node_liveness, component_liveness');
}

function rowOf(index: number): Record<string, unknown> {
  const message = introspectionOf(index, defaultNodeDomain);
  const { facts_hash, columns } = deriveFacts(message);
  const at = (agoMs: number): string => new Date(Date.now() - agoMs).toISOString();
  const hour = 3_600_000;
  return {
    ...columns,
    entity_id: message.node_id,
    domain: message.domain,
    current_state: 'active',
    state_entered_at: at(hour),
    facts_hash,
    path: 'gateway',
    epoch: 1,
    version: 5,
    attempt_id: crypto.randomUUID(),
    attempt_number: 1,
    attempt_started_at: at(hour),
    liveness_deadline: at(index % 100 < stalePercent ? 1_000 : -24 * hour),
    last_heartbeat_at: at(1_000),
    reported_status: 'healthy',
    flap_count: 0,
    ordering_mode: 'workflow',
    last_applied_event_id: crypto.randomUUID(),
    last_applied_offset: 0,
    data_provenance: 'unknown',
    registered_at: at(hour),
    // Lists go by it: as registered, one after the other.
    updated_at: at(hour - index),
  };
}
