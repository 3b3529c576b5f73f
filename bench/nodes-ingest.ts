/**
 * What the gateway's heartbeat ingest keeps of the database's own pace (registration.md 12): validate, collapse, batch,
 * write and answer, against a bare loop that sends the same batched statements (the UPDATE, and the look at what is
 * registered that travels with it), made beforehand, over the same connections with the same settings. Rounds alternate.
 * Goal: at least half the rate of the bare loop.
 *
 * `node bench/nodes-ingest.ts [--nodes 10000] [--rounds 15]`, on an embedded Postgres of its own. A round is one beat of
 * each node. The rows below the ratio go over HTTP, with the client in this same process and on the same cores.
 */
import { defaultIngestLimits } from '../api/ingest/heartbeat-ingest.ts';
import type { Heartbeat } from '../contracts/node/messages.ts';
import { nodeBatchItems } from '../contracts/node/messages.ts';
import { defaultNodeSettings } from '../contracts/node/settings.ts';
import { defaultNodeDomain } from '../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { storeStatement } from '../db/stores/node-liveness/beat-statement.ts';
import { registeredStatement } from '../db/stores/node-liveness/registered-facts.ts';
import { inTransaction, type Statement } from '../db/transaction.ts';
import { median, type Samples } from './support/measure.ts';
import { beatOf, call, fromManyCallers, parameters, print, printGoal, printMachine } from './support/nodes.ts';
import { insertActiveNodes, startBenchDatabase } from './support/nodes-database.ts';
import { type BenchGateway, openBenchGateway } from './support/nodes-gateway.ts';

const { nodes: fleet, rounds } = parameters({ nodes: 10_000, rounds: 15 });
const { rows: batchRows, inFlight } = defaultIngestLimits;
/** As many as a serving process has. */
const connections = 20;
const warmups = 2;
const goal = 0.5;

const withoutFlush: Statement = { text: 'SET LOCAL synchronous_commit TO off' };

async function main(): Promise<void> {
  const postgres = await startBenchDatabase();
  const database = openDatabase(postgres.url, { applicationName: 'bench', max: connections });
  const gateway = await openBenchGateway(database, postgres.folder);
  try {
    await insertActiveNodes(database, fleet);
    const sample = await gateway.nodes.heartbeats([beatOf(0, defaultNodeDomain, 1)], call);
    if (!sample.every((item) => 'result' in item && item.result === 'accepted'))
      throw new Error('a beat was not taken');
    printMachine(postgres.version);
    print(
      `${fleet} nodes, ${batchRows} rows a write, ${inFlight} writes under way, ${rounds} rounds of each in turn\n`,
    );
    await database.pool.query('VACUUM ANALYZE node_liveness');
    const samples = await measure(cases(database, gateway));
    const rates = samples.map(({ name, ms }) => ({ name, rate: (fleet / median(ms)) * 1000 }));
    const bare = rates[0]?.rate ?? Number.NaN;
    print(`${'median of the rounds'.padEnd(58)}${'beats/s'.padStart(10)}${'x bare'.padStart(9)}`);
    for (const { name, rate } of rates) {
      print(
        `${name.padEnd(58)}${Math.round(rate).toLocaleString('en').padStart(10)}${(rate / bare).toFixed(2).padStart(9)}`,
      );
    }
    print();
    for (const { name, rate } of rates.slice(2, 4)) {
      printGoal(`${name} ÷ bare loop`, (rate / bare).toFixed(2), `>= ${goal}`, rate / bare >= goal);
    }
  } finally {
    await gateway.close();
    await database.close();
    await postgres.stop();
  }
}

/** A way to send one beat of every node. What it is fed with is made before its clock starts. */
interface Way {
  readonly name: string;
  prepare(beats: readonly Heartbeat[]): () => Promise<void>;
}

/** All ways in turn, round after round; sequences grow, so every beat changes its row. */
async function measure(ways: readonly Way[]): Promise<Samples[]> {
  const samples = ways.map(({ name }) => ({ name, ms: [] as number[] }));
  for (let round = -warmups, sequence = 1; round < rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      sequence += 1;
      const send = way.prepare(Array.from({ length: fleet }, (_, node) => beatOf(node, defaultNodeDomain, sequence)));
      const started = performance.now();
      await send();
      if (round >= 0) samples[index]?.ms.push(performance.now() - started);
    }
  }
  return samples;
}

function cases(database: Database, { nodes, api }: BenchGateway): readonly Way[] {
  const bare = (alsoLook: boolean) => (beats: readonly Heartbeat[]) => {
    const flights = batchesOf(beats, batchRows).map((batch) => flightOf(batch, alsoLook));
    return () => fromEach(inFlight, flights, (flight) => inTransaction(database.pool, ({ commit }) => commit(flight)));
  };
  const inRequests = (beats: readonly Heartbeat[]) => batchesOf(unchecked(beats), nodeBatchItems);
  return [
    { name: 'bare loop: the same statements', prepare: bare(true) },
    { name: 'bare loop: the UPDATE alone', prepare: bare(false) },
    {
      name: 'ingest: requests of 1,000 beats',
      prepare: (beats) => {
        const requests = inRequests(beats);
        return () => fromEach(requests.length, requests, (items) => nodes.heartbeats(items, call));
      },
    },
    {
      name: 'ingest: single beats, 2,000 at once',
      prepare: (beats) => () => fromEach(2_000, beats, (beat) => nodes.heartbeat(beat, call)),
    },
    {
      name: 'HTTP: requests of 1,000 beats, 10 at once',
      prepare: (beats) => {
        const requests = inRequests(beats);
        return () => fromEach(10, requests, (items) => api.nodes.heartbeats(items, call));
      },
    },
    {
      name: 'HTTP: single beats, 128 at once',
      prepare: (beats) => () => fromEach(128, beats, (beat) => api.nodes.heartbeat(beat, call)),
    },
  ];
}

function fromEach<T>(callers: number, items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  return fromManyCallers(callers, items.length, async (index) => {
    const item = items[index];
    if (item !== undefined) await work(item);
  });
}

function flightOf(beats: readonly Heartbeat[], alsoLook: boolean): readonly Statement[] {
  const { registration, damping } = defaultNodeSettings;
  const store = storeStatement(beats, {
    path: 'gateway',
    agesMs: [],
    intervalMs: registration.heartbeat_interval_ms,
    windowMs: registration.liveness_window_ms,
    damping,
  });
  return [withoutFlush, store, ...(alsoLook ? [registeredStatement(beats)] : [])];
}

/** As they come out of a request: plain values that nobody has looked at. */
function unchecked(beats: readonly Heartbeat[]): readonly unknown[] {
  return beats.map((beat): unknown => JSON.parse(JSON.stringify(beat)));
}

function batchesOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

await main();
