/** What the benches of nodes share: parameters, identities, messages, and how figures are held against their goals. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Heartbeat, Introspection } from '../../contracts/node/messages.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { checkIntrospection } from '../../domain/registration/messages.ts';
import { machine, median, percentile } from './measure.ts';

export const call: CallContext = {
  principal: { id: 'bench', kind: 'service', capabilities: ['*'] },
  correlation_id: 'bench',
};

/**
 * Numbers from the command line (`--nodes 500 --minutes 1`) over their defaults.
 *
 * @throws Error for an unknown name or what is no number above 0
 */
export function parameters<Name extends string>(defaults: Readonly<Record<Name, number>>): Record<Name, number> {
  const names = Object.keys(defaults);
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
  const given = Object.entries(values).map(([name, text]) => {
    const value = Number(text);
    if (!(value > 0)) throw new Error(`--${name} takes a number above 0`);
    return [name, value] as const;
  });
  return { ...defaults, ...Object.fromEntries(given) };
}

/** The same ids in every run: rows, plans and workflow ids stay comparable. */
export function nodeId(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

/** Facts of the usual size, about 1 KiB. One node in 200 shares a tag, one in 20 its intent and protocol. */
export function introspectionOf(index: number, domain: string): Introspection {
  const checked = checkIntrospection({
    correlation_id: crypto.randomUUID(),
    node_id: nodeId(index),
    domain,
    node_name: `bench-${index}`,
    node_type: 'effect',
    node_version: '1.4.2',
    timestamp: new Date().toISOString(),
    instance_id: `host-${index % 50}/${index}`,
    declared_capabilities: { read: true, write: index % 2 === 0, batch_size: 100, config: { shard: index % 200 } },
    contract_capabilities: {
      contract_type: 'effect',
      contract_version: '1.0.0',
      intent_types: ['http.get', `intent-${index % 20}`],
      protocols: [`Protocol${index % 20}`],
      capability_tags: [`tag-${index % 200}`],
    },
    endpoints: { health: `http://10.0.0.${index % 250}:8080/health` },
    subscribe_topics: [`topic-${index % 200}`],
    publish_topics: [`topic-${(index + 1) % 200}`],
    metadata: { role: 'worker', network: 'internal', region: `region-${index % 3}`, note: 'x'.repeat(300) },
    feature_flags: { retries: true },
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

/** As a client sends it; `sequence` grows with every beat of a node. */
export function beatOf(index: number, domain: string, sequence: number): Heartbeat {
  return {
    node_id: nodeId(index),
    domain,
    timestamp: new Date().toISOString(),
    epoch: 1,
    message_id: null,
    correlation_id: null,
    node_version: '1.4.2',
    status: 'healthy',
    uptime_seconds: sequence * 30,
    active_operations_count: sequence % 10,
    memory_usage_mb: 180 + (index % 50),
    cpu_usage_percent: index % 100,
    sequence,
    note: null,
  };
}

/** Runs `work` for 0 … count - 1 from so many callers at once; the first failure ends it. */
export async function fromManyCallers(
  callers: number,
  count: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(callers, count) }, caller));
}

/** Where the figures come from, and how busy the machine was already: beyond its cores it measures its neighbours. */
export function printMachine(versions: string): void {
  print(`${machine()}, ${versions}`);
  print(`load average before: ${loadavg()[0]?.toFixed(1)}`);
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** `name  p50  p95  p99  max` in ms. */
export function printTimes(name: string, ms: readonly number[]): void {
  if (ms.length === 0) return print(`${name.padEnd(46)} none`);
  const cells = [median(ms), percentile(ms, 0.95), percentile(ms, 0.99), Math.max(...ms)];
  print(
    `${name.padEnd(46)}${cells.map((value) => value.toFixed(1).padStart(9)).join('')}${String(ms.length).padStart(9)}`,
  );
}

export function printTimesHead(): void {
  print(`${'ms'.padEnd(46)}${['p50', 'p95', 'p99', 'max', 'n'].map((title) => title.padStart(9)).join('')}`);
}

/** A figure beside its goal. Benches never fail for it: what a machine does is not what the product promises. */
export function printGoal(subject: string, figure: string, goal: string, holds: boolean): void {
  print(`${holds ? 'meets ' : 'MISSES'}  ${subject}: ${figure} (goal ${goal})`);
}
