/**
 * A stack of the built product in a home of its own, with short deadlines, and the ways in which its parts go away: killed,
 * frozen, or all at once with their supervisor, as in a power cut.
 */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type ApiClient, createApiClient } from '../../../api/client/client.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { createTestHome, waitFor } from '../../support/cli.ts';
import { parentOf, signalAll, treeOf } from './processes.ts';

/** The process with worker and gateway, the engine, the database. */
export type Part = 'serve' | 'temporal' | 'postgres';

/**
 * Milliseconds. The windows are longer than the 10 s after which an outage is known as one, as in any real setting; that
 * of the ack is the default, because an engine needs 5 s to notice that a worker died over its task.
 */
export const timing = { ack: 30_000, window: 15_000, interval: 1_500, sweep: 1_000, retry: 1_000 } as const;

const shortDeadlines = {
  OMNIBASE_REGISTRATION_ACK_TIMEOUT_MS: String(timing.ack),
  OMNIBASE_REGISTRATION_FIRST_LIVENESS_MS: String(timing.window),
  OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: String(timing.window),
  OMNIBASE_REGISTRATION_HEARTBEAT_INTERVAL_MS: String(timing.interval),
  OMNIBASE_REGISTRATION_RETRY_BACKOFF_FIRST_MS: String(timing.retry),
  OMNIBASE_REGISTRATION_RETRY_BACKOFF_MAX_MS: String(timing.retry),
  OMNIBASE_SWEEP_INTERVAL_MS: String(timing.sweep),
  OMNIBASE_BREAKER_RESET_MS: '2000',
};

export type Query = <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface ChaosStack extends AsyncDisposable {
  readonly home: string;
  readonly socketPath: string;
  readonly api: ApiClient;
  readonly databaseUrl: string;
  /** Temporal's address, as the processes know it. */
  readonly temporalAddress: string;
  /** Of the environment, beside addresses. */
  readonly settings: Readonly<Record<string, string>>;
  readonly query: Query;
  pid(part: Part): Promise<number>;
  /** SIGKILL at the same instant; resolves when the supervisor has others in their places that are ready. */
  kill(...parts: readonly Part[]): Promise<void>;
  /** Stops every process of a part; `thaw` lets them go on. */
  freeze(part: Part): Promise<{ thaw(): void }>;
  /** SIGKILL to all parts and to their supervisor; nothing comes back before `up`. */
  cutPower(): Promise<void>;
  up(): Promise<void>;
  /** What `/metrics` of the gateway says. */
  metrics(): Promise<string>;
}

/** @param extra settings of this stack beside the short deadlines */
export async function startChaosStack(extra: Readonly<Record<string, string>> = {}): Promise<ChaosStack> {
  const stack = await createTestHome();
  const env = { ...shortDeadlines, ...extra };
  const succeed = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await stack.run(args, { env });
    if (code !== 0) throw new Error(`omnibase ${args.join(' ')} ended with ${code}:\n${stderr}`);
    return stdout;
  };
  try {
    await succeed('up');
  } catch (error) {
    await stack.dispose();
    throw error;
  }
  const { urls } = JSON.parse(await succeed('status', '--json')) as { urls: { socket: string; temporal: string } };
  const api = createApiClient({ socketPath: urls.socket });
  const databaseUrl = (await succeed('db', 'url')).trim();

  const partsNow = async (): Promise<{ name: string; state: string; pid: number | null }[]> => {
    const { stdout } = await stack.run(['status', '--json'], { env });
    return (JSON.parse(stdout) as { parts: { name: string; state: string; pid: number | null }[] }).parts;
  };
  const nameOf = (part: Part) => (part === 'serve' ? 'control' : part);
  const pid = async (part: Part): Promise<number> => {
    const found = (await partsNow()).find(({ name }) => name === nameOf(part))?.pid;
    if (typeof found !== 'number') throw new Error(`${part} has no process`);
    return found;
  };

  return {
    home: stack.home,
    socketPath: urls.socket,
    api,
    databaseUrl,
    temporalAddress: urls.temporal,
    settings: env,
    query: (text, values) => queryOnce(databaseUrl, text, values),
    pid,
    async kill(...parts) {
      const pids = new Map((await partsNow()).map((part) => [part.name, part.pid]));
      signalAll(
        parts.flatMap((part) => pids.get(nameOf(part)) ?? []),
        'SIGKILL',
      );
      await waitFor(
        `${parts.join(', ')} to be replaced`,
        async () => {
          const now = await partsNow();
          const replaced = parts.every((part) =>
            now.some(
              ({ name, state, pid: found }) =>
                name === nameOf(part) && state === 'ready' && found !== null && found !== pids.get(name),
            ),
          );
          return replaced || undefined;
        },
        30_000,
      );
    },
    async freeze(part) {
      const tree = await treeOf(await pid(part));
      signalAll(tree, 'SIGSTOP');
      return { thaw: () => signalAll(tree, 'SIGCONT') };
    },
    async cutPower() {
      const serve = await pid('serve');
      const supervisor = await parentOf(serve);
      if (supervisor === null || supervisor <= 1) throw new Error('the supervisor is not there');
      const tree = await treeOf(supervisor);
      signalAll(tree, 'SIGKILL');
      await waitFor('all to be gone', async () => {
        const parents = await Promise.all(tree.map(parentOf));
        return parents.every((parent) => parent === null) || undefined;
      });
    },
    async up() {
      await succeed('up');
    },
    metrics: () => get(urls.socket, '/metrics'),
    async [Symbol.asyncDispose]() {
      api.close();
      await stack.dispose();
    },
  };
}

function get(socketPath: string, address: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request({ socketPath, path: address }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  })
    .on('error', reject)
    .end();
  return promise;
}

/** Connections of the test must not outlive an outage, so each question has its own. */
async function queryOnce<Row extends pg.QueryResultRow>(
  connectionString: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
    application_name: 'omnibase-chaos',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Row>(text, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

export function call(): CallContext {
  return { principal: { id: 'chaos', kind: 'service', capabilities: [] }, correlation_id: randomUUID() };
}

export { sleep };
