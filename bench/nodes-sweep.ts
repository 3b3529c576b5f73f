/**
 * One sweep over a fleet (registration.md 12: p95 below 1 s at 10,000 active nodes): nodes that beat every 30 s, so that
 * some hundred coarse deadlines are renewed in each sweep; then a tenth of the fleet falls silent. Pokes go nowhere: what
 * an engine takes is not measured here.
 *
 * `node bench/nodes-sweep.ts [nodes]`, on an embedded Postgres of its own.
 */
import { createNodeSweep } from '../activities/sweep/nodes.ts';
import { performSweep } from '../activities/sweep/perform-sweep.ts';
import { defaultNodeSettings, type NodeSettings } from '../contracts/node/settings.ts';
import type { SweepReport } from '../contracts/node/sweep.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { machine, percentile } from './support/measure.ts';
import { startBenchDatabase } from './support/nodes-database.ts';

const nodes = Number(process.argv[2] ?? 10_000);
const sweeps = 60;
const goalMs = 1_000;

const settings: NodeSettings = {
  ...defaultNodeSettings,
  deadlines: { mode: 'fleet', backstop_ms: 1_800_000 },
  // One second's worth of pokes: the pace of the rest is a wait, not work.
  sweep: { ...defaultNodeSettings.sweep, interval_ms: 1_000 },
};

async function main(): Promise<void> {
  const server = await startBenchDatabase();
  const database = openDatabase(server.url, { applicationName: 'bench' });
  try {
    await fill(database);
    const sweep = sweeper(database);
    for (let warmup = 0; warmup < 5; warmup++) {
      await fiveSecondsLater(database);
      await sweep();
    }
    process.stdout.write(`${machine()}, ${server.version}\n${nodes} active nodes, ${sweeps} sweeps 5 s apart\n`);
    const calm: SweepReport[] = [];
    for (let round = 0; round < sweeps; round++) {
      await fiveSecondsLater(database);
      calm.push(await sweep());
    }
    tell('all beat every 30 s', calm);
    await database.pool.query(
      `UPDATE node_liveness SET last_heartbeat_at = now() - interval '91 s' WHERE uptime_seconds < $1`,
      [0.1],
    );
    await database.pool.query(
      `UPDATE registration_projections p SET liveness_deadline = now() - interval '1 s'
         FROM node_liveness h WHERE h.entity_id = p.entity_id AND h.uptime_seconds < 0.1`,
    );
    tell('a tenth falls silent', [await sweep()]);
  } finally {
    await database.close();
    await server.stop();
  }
}

/** `uptime_seconds` is a number from 0 to 1 here: the phase of the node's beats. */
async function fill(database: Database): Promise<void> {
  await database.pool.query(
    `INSERT INTO registration_projections (entity_id, current_state, state_entered_at, node_type, epoch, version,
       attempt_id, attempt_number, liveness_deadline, last_heartbeat_at, reported_status, last_applied_event_id,
       registered_at, updated_at)
     SELECT gen_random_uuid(), 'active', now() - interval '1 h', 'effect', 1, 6, gen_random_uuid(), 1,
            now() + random() * interval '75 s', now() - interval '30 s', 'healthy', gen_random_uuid(),
            now() - interval '1 h', now() - interval '1 h'
       FROM generate_series(1, $1)`,
    [nodes],
  );
  await database.pool.query(
    `INSERT INTO node_liveness (entity_id, domain, epoch, attempt_id, state, state_entered_at, interval_ms, window_ms,
       last_heartbeat_at, beats_since_active, reported_status, uptime_seconds)
     SELECT entity_id, domain, epoch, attempt_id, current_state, state_entered_at, 30000, 90000, now(), 100, 'healthy',
            random()
       FROM registration_projections`,
  );
  await database.pool.query(
    `INSERT INTO component_liveness VALUES ('ingest', 'shared', now() - interval '1 h', now() + interval '1 d')`,
  );
  await database.pool.query('VACUUM ANALYZE registration_projections, node_liveness');
}

/**
 * Five seconds pass, and whoever is due in them beats. Shifting the time writes every row, which nothing in the product
 * does: what that leaves behind is removed again.
 */
async function fiveSecondsLater(database: Database): Promise<void> {
  await database.pool.query(
    `UPDATE registration_projections SET liveness_deadline = liveness_deadline - interval '5 s',
            last_heartbeat_at = last_heartbeat_at - interval '5 s'`,
  );
  await database.pool.query(
    `UPDATE node_liveness SET last_heartbeat_at = CASE
       WHEN now() - last_heartbeat_at > interval '25 s' THEN now() - random() * interval '5 s'
       ELSE last_heartbeat_at - interval '5 s' END`,
  );
  await database.pool.query('VACUUM registration_projections, node_liveness');
}

function sweeper(database: Database): () => Promise<SweepReport> {
  const subject = createNodeSweep({
    database,
    poke: () => Promise.resolve(),
    counted: () => undefined,
    incidentChanged: () => undefined,
  });
  const deps = {
    database,
    settings: () => settings,
    subjects: [subject],
    observer: { poked: () => undefined, pokeFailed: () => undefined, swept: () => undefined },
  };
  return () => performSweep(deps, { beat: () => undefined, signal: new AbortController().signal });
}

function tell(name: string, reports: readonly SweepReport[]): void {
  const times = reports.map(({ duration_ms }) => duration_ms);
  const renewed = reports.reduce((sum, report) => sum + report.renewed, 0) / reports.length;
  const last = reports.at(-1);
  const [half, most] = [percentile(times, 0.5), percentile(times, 0.95)];
  process.stdout.write(
    `${name}: p50 ${half.toFixed(0)} ms, p95 ${most.toFixed(0)} ms (goal < ${goalMs}); renewed ${renewed.toFixed(0)} a sweep, overdue ${last?.overdue}, incident ${last?.incident}\n`,
  );
  if (most >= goalMs) process.exitCode = 1;
}

await main();
