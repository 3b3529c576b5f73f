/**
 * Reads of nodes at 10,000 rows (registration.md 12) beside the same question as raw prepared SQL, and over HTTP with the
 * client in this process. Goals, p95 of the service: get < 10 ms, list of 100 < 60 ms, tag query < 30 ms, select < 25 ms.
 *
 * `node bench/nodes-read.ts [--nodes 10000] [--rounds 300]`, on an embedded Postgres of its own.
 */
import type { NodesApi } from '../contracts/node/api.ts';
import { defaultNodeDomain } from '../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { interleave, median, percentile } from './support/measure.ts';
import { call, nodeId, parameters, print, printGoal, printMachine } from './support/nodes.ts';
import { insertActiveNodes, startBenchDatabase } from './support/nodes-database.ts';
import { openBenchGateway } from './support/nodes-gateway.ts';

const { nodes: fleet, rounds } = parameters({ nodes: 10_000, rounds: 300 });

/** One question, asked three ways; the round turns its subject. */
interface Question {
  readonly name: string;
  /** p95 of the service, ms; null where the page names none. */
  readonly goalMs: number | null;
  raw(database: Database, round: number): Promise<unknown>;
  ask(nodes: NodesApi, round: number): Promise<unknown>;
}

const columns = 'SELECT p.* FROM registration_projections p';
const here = `p.domain = '${defaultNodeDomain}'`;
const active = `p.current_state = 'active'`;
const byKey = 'ORDER BY p.entity_id, p.domain';
const newestFirst = 'ORDER BY p.updated_at DESC, p.entity_id, p.domain';
const someNode = (round: number): string => nodeId((round * 7919) % fleet);
const someTag = (round: number): string => `tag-${(round * 7) % 200}`;
const someIntent = (round: number): string => `intent-${(round * 3) % 20}`;

/** Raw: the least that answers the question, no check of deadlines, no count, rows as the driver gives them. */
const questions: readonly Question[] = [
  {
    name: 'get',
    goalMs: 10,
    raw: prepared('get', `${columns} WHERE p.entity_id = $1 AND ${here}`, (round) => [someNode(round)]),
    ask: (nodes, round) => nodes.get({ node_id: someNode(round) }, call),
  },
  {
    name: 'list of 100, newest first',
    goalMs: 60,
    raw: prepared('list', `${columns} WHERE ${here} ${newestFirst} LIMIT 101`, () => []),
    ask: (nodes) => nodes.list({ limit: 100 }, call),
  },
  {
    name: 'list of 100 by state and name',
    goalMs: 60,
    raw: prepared(
      'filtered',
      `${columns} WHERE ${here} AND ${active} AND p.node_name LIKE $1 ${newestFirst} LIMIT 101`,
      (round) => [`bench-${round % 10}%`],
    ),
    ask: (nodes, round) => nodes.list({ state: ['active'], name_prefix: `bench-${round % 10}`, limit: 100 }, call),
  },
  {
    name: 'tag query, one of 200 tags',
    goalMs: 30,
    raw: prepared('tag', `${columns} WHERE ${here} AND p.capability_tags @> ARRAY[$1] ${byKey} LIMIT 101`, (round) => [
      someTag(round),
    ]),
    ask: (nodes, round) => nodes.list({ tag: someTag(round) }, call),
  },
  {
    name: 'counts of the eight states',
    goalMs: null,
    raw: prepared(
      'counts',
      `SELECT p.current_state, count(*) FROM registration_projections p WHERE ${here} GROUP BY 1`,
      () => [],
    ),
    ask: (nodes) => nodes.counts(defaultNodeDomain, call),
  },
  ...(['first', 'random', 'round_robin', 'least_loaded'] as const).map(
    (strategy): Question => ({
      name: `select ${strategy}, one of 20 intents`,
      goalMs: 25,
      raw: prepared(
        'select',
        `${columns} WHERE ${here} AND ${active} AND p.intent_types && ARRAY[$1] ${byKey} LIMIT 1`,
        (round) => [someIntent(round)],
      ),
      ask: (nodes, round) => nodes.select({ intent_types: [someIntent(round)], strategy }, call),
    }),
  ),
  {
    name: 'select random out of everybody',
    goalMs: 25,
    raw: prepared(
      'everybody',
      `${columns} WHERE ${here} AND ${active} AND p.intent_types && ARRAY[$1] ${byKey} LIMIT 1`,
      () => ['http.get'],
    ),
    ask: (nodes) => nodes.select({ intent_types: ['http.get'], strategy: 'random' }, call),
  },
];

async function main(): Promise<void> {
  const postgres = await startBenchDatabase();
  const database = openDatabase(postgres.url, { applicationName: 'bench' });
  const gateway = await openBenchGateway(database, postgres.folder);
  try {
    await insertActiveNodes(database, fleet);
    printMachine(postgres.version);
    print(`${fleet} active nodes, ${rounds} rounds, all in turn, one question at a time\n`);
    const turning = (name: string, ask: (round: number) => Promise<unknown>) => {
      let round = 0;
      return { name, run: () => ask(round++) };
    };
    const samples = await interleave(
      questions.flatMap(({ name, raw, ask }) => [
        turning(name, (round) => raw(database, round)),
        turning(name, (round) => ask(gateway.nodes, round)),
        turning(name, (round) => ask(gateway.api.nodes, round)),
      ]),
      { runs: rounds, warmups: 30 },
    );
    const cell = (value: number): string => value.toFixed(2).padStart(8);
    print(
      `${'ms'.padEnd(36)}${['raw p50', 'p95', 'service', 'p95', 'x raw', 'HTTP', 'p95'].map((title) => title.padStart(8)).join('')}`,
    );
    const results = questions.map(({ name, goalMs }, index) => {
      const [raw = [], service = [], http = []] = samples.slice(index * 3, index * 3 + 3).map(({ ms }) => ms);
      const ratio = median(service) / median(raw);
      const cells = [median(raw), percentile(raw, 0.95), median(service), percentile(service, 0.95), ratio];
      print(`${name.padEnd(36)}${[...cells, median(http), percentile(http, 0.95)].map(cell).join('')}`);
      return { name, goalMs, p95: percentile(service, 0.95) };
    });
    print();
    for (const { name, goalMs, p95 } of results) {
      if (goalMs !== null) printGoal(`${name}, p95`, `${p95.toFixed(1)} ms`, `< ${goalMs} ms`, p95 < goalMs);
    }
  } finally {
    await gateway.close();
    await database.close();
    await postgres.stop();
  }
}

/** A prepared statement, as a program would send it that needs no service. */
function prepared(name: string, text: string, values: (round: number) => unknown[]): Question['raw'] {
  return ({ pool }, round) => pool.query({ name: `bench_${name}`, text, values: values(round) });
}

await main();
