/**
 * A large fleet that lives, and a few of it that die (registration.md 12): nodes registered through the whole stack, in
 * fleet mode, each beating by itself at the interval it is told. Goals: no unjustified expiry, heartbeat answer p95 < 50 ms,
 * sweep p95 < 1 s, at most 600 history events per node and day, 50 deaths within one sweep written p99 <= 6 s after their
 * effective deadline, p99.
 *
 * `node bench/nodes-fleet.ts [--nodes 10000] [--minutes 10] [--deaths 50] [--clients 32] [--sampled 50]`, on the built
 * command line's own stack. It takes the registrations (50 or more a second), the minutes asked for, and a liveness
 * window for the deaths. Clients are in this process, on the same cores.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodesApi } from '../contracts/node/api.ts';
import { defaultNodeSettings } from '../contracts/node/settings.ts';
import type { TransitionRow } from '../contracts/node/row.ts';
import { percentile } from './support/measure.ts';
import {
  beatOf,
  call,
  fromManyCallers,
  nodeId,
  parameters,
  print,
  printGoal,
  printMachine,
  printTimes,
  printTimesHead,
} from './support/nodes.ts';
import { type BeatingFleet, beatingFleet } from './support/nodes-beating.ts';
import { handshake } from './support/nodes-handshake.ts';
import { increase, type NodeStack, quantile, startNodeStack } from './support/nodes-stack.ts';

const {
  nodes: fleet,
  minutes,
  deaths,
  clients,
  sampled,
} = parameters({ nodes: 10_000, minutes: 10, deaths: 50, clients: 32, sampled: 50 });
const domain = 'bench-fleet';
const { heartbeat_interval_ms: interval, liveness_window_ms: window } = defaultNodeSettings.registration;
const dayMinutes = 24 * 60;
/** Three sweeps that woke nobody. */
const unpokedMs = 15_000;
const longestUnrestMs = 180_000;
/** Above every other of a node. */
const lastSequence = 1_000_000;
/** As many as may die of so many without being an incident. */
const victims = Math.min(deaths, Math.floor(fleet / 10));

async function main(): Promise<void> {
  const stack = await startNodeStack({ OMNIBASE_DEADLINES_MODE: 'fleet' });
  const { nodes } = stack.api;
  const beating = beatingFleet(nodes, domain);
  try {
    printMachine(stack.versions);
    print(`${fleet} nodes in fleet mode, ${clients} clients to register them, every ${interval / 1000} s a beat\n`);
    await register(nodes, beating);
    await calm(stack);
    beating.take();
    await live(stack, beating);
    await die(stack, beating);
  } finally {
    await beating.stop();
    await stack.stop();
  }
}

async function register(nodes: NodesApi, beating: BeatingFleet): Promise<void> {
  const started = performance.now();
  const { retries } = await fromClients(nodes, beating);
  const seconds = (performance.now() - started) / 1000;
  print(`registered in ${seconds.toFixed(0)} s, ${(fleet / seconds).toFixed(0)}/s, ${retries} calls repeated\n`);
}

async function fromClients(nodes: NodesApi, beating: BeatingFleet): Promise<{ readonly retries: number }> {
  let retries = 0;
  await fromManyCallers(clients, fleet, async (index) => {
    const { ack, repeated } = await handshake(nodes, index, domain);
    retries += repeated.later + repeated.unanswered;
    beating.add(index, ack.next_heartbeat_in_ms ?? interval);
  });
  return { retries };
}

/** First beats are told to their workflows, some of them by the sweep; afterwards nothing is. */
async function calm(stack: NodeStack): Promise<void> {
  await sleep(interval * 1.5);
  const patience = performance.now() + longestUnrestMs;
  for (let before = await stack.metrics(); performance.now() < patience; ) {
    await sleep(unpokedMs);
    const after = await stack.metrics();
    if (increase(before, after, 'omnibase_sweep_pokes_total') === 0) return;
    before = after;
  }
}

/** Nothing happens but beats: nobody may expire, no history may grow. */
async function live(stack: NodeStack, beating: BeatingFleet): Promise<void> {
  const step = Math.max(1, Math.floor(fleet / sampled));
  const sample = Array.from({ length: Math.min(sampled, fleet) }, (_, index) => nodeId(index * step));
  const before = { metrics: await stack.metrics(), histories: await stack.historyLengths(sample, domain) };
  await sleep(minutes * 60_000);
  const after = { metrics: await stack.metrics(), histories: await stack.historyLengths(sample, domain) };
  const { answered, oddities } = beating.take();
  const counts = await stack.api.nodes.counts(domain, call);
  const grown = after.histories.map((events, index) => events - (before.histories[index] ?? 0));
  const perDay = (sum(grown) / grown.length / minutes) * dayMinutes;
  const sweep = (share: number): number => quantile(before.metrics, after.metrics, 'omnibase_sweep_seconds', share);
  const ingest = quantile(before.metrics, after.metrics, 'omnibase_heartbeat_ingest_seconds', 0.95);

  printTimesHead();
  printTimes(`heartbeat answered, over ${minutes} min`, answered);
  print(
    `beats per second ${(answered.length / minutes / 60).toFixed(0)}, ingest p95 ${ms(ingest)} by its own histogram`,
  );
  const sweeps = increase(before.metrics, after.metrics, 'omnibase_sweep_seconds_count');
  print(`${sweeps} sweeps, p50 ${ms(sweep(0.5))}, p95 ${ms(sweep(0.95))}`);
  const pokes = increase(before.metrics, after.metrics, 'omnibase_sweep_pokes_total');
  print(
    `history of ${sample.length} nodes: ${Math.max(...before.histories)} events at most before; ` +
      `${sum(grown)} more afterwards, ${Math.max(...grown)} at most of one; ${pokes} pokes`,
  );
  for (const [oddity, times] of oddities) print(`  ${times} beats answered: ${oddity}`);
  print();
  printGoal('false expiries', String(fleet - counts.active), '0', counts.active === fleet && counts.total === fleet);
  const p95 = percentile(answered, 0.95);
  printGoal('heartbeat answer, p95', `${p95.toFixed(1)} ms`, '< 50 ms', p95 < 50);
  printGoal('sweep, p95', ms(sweep(0.95)), '< 1 s', sweep(0.95) < 1);
  printGoal('history events per node and day', perDay.toFixed(0), '<= 600', perDay <= 600);
}

/** Nodes that beat together for the last time, so that all of their deadlines fall into one sweep. */
async function die(stack: NodeStack, beating: BeatingFleet): Promise<void> {
  const { nodes } = stack.api;
  const indexes = Array.from({ length: victims }, (_, index) => fleet - 1 - index);
  await beating.kill(new Set(indexes));
  const last = await nodes.heartbeats(
    indexes.map((index) => beatOf(index, domain, lastSequence)),
    call,
  );
  if (!last.every((item) => 'result' in item && item.result === 'accepted'))
    throw new Error('a last beat was not taken');
  print(`\n${victims} nodes beat for the last time, together`);
  const patience = performance.now() + window + 60_000;
  let counts = await nodes.counts(domain, call);
  while (counts.liveness_expired < victims && performance.now() < patience) {
    await sleep(1_000);
    counts = await nodes.counts(domain, call);
  }
  const expiries = await Promise.all(indexes.map((index) => expiryOf(nodes, index)));
  const lags = expiries.flatMap((expiry) => (expiry === null ? [] : [lagOf(expiry)]));
  printTimesHead();
  printTimes('expiry written after the effective deadline', lags);
  print();
  printGoal('deaths found', `${lags.length} of ${victims}`, 'all', lags.length === victims);
  const others = fleet - victims - counts.active;
  printGoal('false expiries meanwhile', String(others), '0', others === 0);
  const p99 = percentile(lags, 0.99) / 1000;
  printGoal('expiry written, p99', `${p99.toFixed(1)} s`, '<= 6 s', p99 <= 6);
}

async function expiryOf(nodes: NodesApi, index: number): Promise<TransitionRow | null> {
  const { items } = await nodes.transitions({ node_id: nodeId(index), domain }, { limit: 10 }, call);
  return items.find(({ to_state }) => to_state === 'liveness_expired') ?? null;
}

function lagOf({ deadline_at, occurred_at }: TransitionRow): number {
  return deadline_at === null ? Number.NaN : Date.parse(occurred_at) - Date.parse(deadline_at);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`;
}

await main();
