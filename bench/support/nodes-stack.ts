/** The whole stack, as `omnibase up` starts it, with what benches of nodes look at: gateway, engine and metrics. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { type ApiClient, createApiClient } from '../../api/client/client.ts';
import { registrationWorkflowId } from '../../domain/registration/ids.ts';
import { resolvePaths } from '../../local/paths.ts';
import { type BenchStack, startBenchStack } from './stack.ts';

export interface NodeStack {
  readonly api: ApiClient;
  /** Versions of what runs. */
  readonly versions: string;
  /** Events in the history of each node's workflow. */
  historyLengths(nodeIds: readonly string[], domain: string): Promise<readonly number[]>;
  metrics(): Promise<Metrics>;
  /** Processor time of the serving process so far, ms; null where there is no `/proc`. Its neighbours do not change it. */
  servingCpuMs(): Promise<number | null>;
  stop(): Promise<void>;
}

export async function startNodeStack(settings: NodeJS.ProcessEnv): Promise<NodeStack> {
  const stack = await startBenchStack(settings);
  try {
    return await connect(stack);
  } catch (cause) {
    await stack.stop();
    throw cause;
  }
}

async function connect(stack: BenchStack): Promise<NodeStack> {
  const socketPath = resolvePaths(stack.env).socket_path;
  const { urls, version } = read(stack, ['status', '--json']) as Status;
  const connection = await Connection.connect({ address: urls.temporal });
  const engine = new Client({ connection });
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const api = createApiClient({ socketPath });
  return {
    api,
    versions: `omnibase ${version}, Temporal ${serverVersion}`,
    historyLengths: (nodeIds, domain) =>
      Promise.all(
        nodeIds.map(async (id) => {
          const { historyLength } = await engine.workflow.getHandle(registrationWorkflowId(domain, id)).describe();
          return historyLength;
        }),
      ),
    metrics: async () => readMetrics(await get(socketPath, '/metrics')),
    async servingCpuMs() {
      const { pid } = await api.handshake();
      return cpuMsOf(pid);
    },
    async stop() {
      api.close();
      await connection.close();
      await stack.stop();
    },
  };
}

interface Status {
  readonly version: string;
  readonly urls: { readonly temporal: string };
}

function read({ launcher, env }: BenchStack, args: readonly string[]): unknown {
  return JSON.parse(execFileSync(process.execPath, [launcher, ...args], { env, encoding: 'utf8' }));
}

function get(socketPath: string, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request({ socketPath, path, headers: { host: 'localhost' } }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  })
    .on('error', reject)
    .end();
  return promise;
}

/** Ticks of a hundredth of a second, in user and system mode (proc(5)); the name before them may hold spaces. */
function cpuMsOf(pid: number): number | null {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return null;
  const [, fields = ''] = readFileSync(file, 'utf8').split(') ');
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10;
}

/** Series with their labels as `/metrics` writes them → value. */
export type Metrics = ReadonlyMap<string, number>;

function readMetrics(text: string): Metrics {
  const lines = text.matchAll(/^([a-zA-Z_:][^ ]*|[a-zA-Z_:]\w*\{.*\}) (\S+)$/gm);
  return new Map([...lines].map(([, series = '', value = '']) => [series, Number(value)]));
}

/** Sum over the series of a metric whose labels contain `labels`, e.g. `to="ack_timed_out"`; what happened in between. */
export function increase(before: Metrics, after: Metrics, name: string, labels = ''): number {
  const total = (metrics: Metrics): number =>
    [...metrics]
      .filter(([series]) => series.split('{', 1)[0] === name && series.includes(labels))
      .reduce((sum, [, value]) => sum + value, 0);
  return total(after) - total(before);
}

/**
 * Quantile of a histogram over what happened between two readings, as Prometheus estimates it: linear within a bucket.
 *
 * @returns seconds; NaN when nothing happened
 */
export function quantile(before: Metrics, after: Metrics, name: string, share: number): number {
  const buckets = [...after]
    .filter(([series]) => series.startsWith(`${name}_bucket{`))
    .map(([series, value]) => ({
      bound: Number(/le="([^"]+)"/.exec(series)?.[1]?.replace('+Inf', 'Infinity')),
      count: value - (before.get(series) ?? 0),
    }))
    .toSorted((one, other) => one.bound - other.bound);
  const rank = share * (buckets.at(-1)?.count ?? 0);
  if (!(rank > 0)) return Number.NaN;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const [lower, found] = [buckets[index - 1] ?? { bound: 0, count: 0 }, buckets[index]];
  if (found === undefined || !Number.isFinite(found.bound)) return lower.bound;
  return lower.bound + ((found.bound - lower.bound) * (rank - lower.count)) / (found.count - lower.count);
}
