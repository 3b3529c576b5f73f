/**
 * Handshakes through the whole stack (registration.md 12): how soon a registration is answered when nothing else happens,
 * and what a fleet meets that arrives at once. Every node must end active, none lost, no ack timed out. Goals: first answer
 * p50 < 30 ms and p95 < 80 ms when idle, 50 full handshakes per second.
 *
 * `node bench/nodes-storm.ts [--nodes 1000] [--clients 32] [--idle 100]`, on the built command line's own stack, over its
 * socket. A client registers and acknowledges one node after the other; told to come back later (429, 503), it does.
 */
import type { NodesApi } from '../contracts/node/api.ts';
import { median, percentile } from './support/measure.ts';
import {
  call,
  fromManyCallers,
  parameters,
  print,
  printGoal,
  printMachine,
  printTimes,
  printTimesHead,
} from './support/nodes.ts';
import { type Handshake, handshake, type Repeated } from './support/nodes-handshake.ts';
import { increase, startNodeStack } from './support/nodes-stack.ts';

const { nodes: fleet, clients, idle } = parameters({ nodes: 1_000, clients: 32, idle: 100 });
const warmups = 20;
const domains = { warmup: 'bench-warmup', idle: 'bench-idle', storm: 'bench-storm' } as const;

async function main(): Promise<void> {
  // Nobody beats here: what is counted at the end must still be active.
  const stack = await startNodeStack({ OMNIBASE_REGISTRATION_FIRST_LIVENESS_MS: '3600000' });
  const { nodes } = stack.api;
  try {
    printMachine(stack.versions);
    print(`${idle} handshakes one after the other, then ${fleet} from ${clients} clients\n`);
    await handshakes(nodes, domains.warmup, warmups, 1);
    const alone = await handshakes(nodes, domains.idle, idle, 1);

    const before = await stack.metrics();
    const cpuBefore = await stack.servingCpuMs();
    const started = performance.now();
    const storm = await handshakes(nodes, domains.storm, fleet, clients);
    const seconds = (performance.now() - started) / 1000;
    const cpu = ((await stack.servingCpuMs()) ?? Number.NaN) - (cpuBefore ?? Number.NaN);
    const after = await stack.metrics();
    const counts = await nodes.counts(domains.storm, call);

    printTimesHead();
    printTimes('idle: introspection answered', times(alone).offered);
    printTimes('idle: ack answered', times(alone).acknowledged);
    printTimes('storm: introspection answered', times(storm).offered);
    printTimes('storm: ack answered', times(storm).acknowledged);
    printTimes('storm: from introspection to active', times(storm).active);
    const timeouts = increase(before, after, 'omnibase_registration_transitions_total', 'to="ack_timed_out"');
    const rate = fleet / seconds;
    print(
      `\n${fleet} nodes in ${seconds.toFixed(1)} s, ${sum(storm, 'later')} times 429, ${sum(storm, 'unanswered')} times 503`,
    );
    print(`${(cpu / fleet).toFixed(1)} ms of processor time per handshake in the serving process\n`);
    const [p50, p95] = [median(times(alone).offered), percentile(times(alone).offered, 0.95)];
    printGoal('idle, introspection p50', `${p50.toFixed(1)} ms`, '< 30 ms', p50 < 30);
    printGoal('idle, introspection p95', `${p95.toFixed(1)} ms`, '< 80 ms', p95 < 80);
    printGoal('full handshakes', `${rate.toFixed(0)}/s`, '>= 50/s', rate >= 50);
    printGoal(
      'active at the end',
      `${counts.active} of ${counts.total}`,
      `${fleet} of ${fleet}`,
      counts.active === fleet && counts.total === fleet,
    );
    printGoal('ack time-outs', String(timeouts), '0', timeouts === 0);
  } finally {
    await stack.stop();
  }
}

async function handshakes(nodes: NodesApi, domain: string, count: number, callers: number): Promise<Handshake[]> {
  const taken: Handshake[] = [];
  await fromManyCallers(callers, count, async (index) => {
    taken.push(await handshake(nodes, index, domain));
  });
  return taken;
}

function times(all: readonly Handshake[]) {
  return {
    offered: all.map(({ offeredMs }) => offeredMs),
    acknowledged: all.map(({ acknowledgedMs }) => acknowledgedMs),
    active: all.map(({ offeredMs, acknowledgedMs }) => offeredMs + acknowledgedMs),
  };
}

function sum(all: readonly Handshake[], kind: keyof Repeated): number {
  return all.reduce((total, { repeated }) => total + repeated[kind], 0);
}

await main();
