/**
 * One stack of the built product with short deadlines, and every door a node may use: the unix socket, TCP with a token,
 * the command line, and Temporal's own command line. Its database is open for checking what was written, never to write.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { cleanEnvironment, type CliResult, createTestHome, type TestStack } from '../../../support/cli.ts';
import { type Http, overSocket, overTcp } from './http.ts';

/** Dotted key → value, as in `config.yaml` of a user. */
export type StackSettings = Readonly<Record<string, number | string>>;

/** Short deadlines that leave room for a busy machine. */
export const shortSettings = {
  'registration.ack_timeout_ms': 3000,
  'registration.first_liveness_ms': 3000,
  'registration.liveness_window_ms': 3500,
  'registration.heartbeat_interval_ms': 1000,
  'registration.max_attempts': 2,
  'registration.retry_backoff.first_ms': 200,
  'sweep.interval_ms': 1000,
} as const satisfies StackSettings;

export interface NodeStack extends TestStack {
  readonly urls: { readonly api: string; readonly temporal: string; readonly web_ui: string; readonly socket: string };
  readonly socket: Http;
  readonly database: pg.Pool;
  readonly databaseUrl: string;
  tcp(token: string | null): Http;
  token(...capabilities: string[]): Promise<string>;
  /** Runs Temporal's own command line against the stack. */
  temporal(...args: string[]): Promise<Pick<CliResult, 'code' | 'stdout' | 'stderr'>>;
}

/** A stack for a test file: up before its first test, gone after its last. */
export function useNodeStack(settings: StackSettings): () => NodeStack {
  let stack: NodeStack | undefined;
  beforeAll(async () => {
    stack = await startNodeStack(settings);
  }, 120_000);
  afterAll(() => stack?.dispose());
  return () => {
    if (stack === undefined) throw new Error('the stack is not up yet');
    return stack;
  };
}

export async function startNodeStack(settings: StackSettings): Promise<NodeStack> {
  const home = await createTestHome();
  await writeSettings(home.home, settings);
  const up = await home.run(['up']);
  if (up.code !== 0) throw new Error(`omnibase up ended with ${up.code}:\n${up.stderr}`);
  const [status, url] = await Promise.all([home.run(['status', '--json']), home.run(['db', 'url'])]);
  const { urls, parts } = JSON.parse(status.stdout) as {
    urls: NodeStack['urls'];
    parts: { name: string; pid: number }[];
  };
  const server = parts.find(({ name }) => name === 'temporal')?.pid ?? 0;
  // The program of the server is the command line as well.
  const program = await readlink(`/proc/${server}/exe`);
  const databaseUrl = url.stdout.trim();
  const database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  // A part that a test kills takes idle connections with it.
  database.on('error', () => undefined);
  return {
    ...home,
    urls,
    database,
    databaseUrl,
    socket: overSocket(urls.socket),
    tcp: (token) => overTcp(urls.api, token),
    async token(...capabilities) {
      const grants = capabilities.flatMap((name) => ['--capability', name]);
      const { code, stdout, stderr } = await home.run([
        'token',
        'create',
        '--name',
        `test-${randomUUID()}`,
        ...grants,
        '--json',
      ]);
      if (code !== 0) throw new Error(`omnibase token create ended with ${code}:\n${stderr}`);
      return (JSON.parse(stdout) as { token: string }).token;
    },
    temporal: (...args) => runTemporal(program, [...args, '--address', urls.temporal]),
    async dispose() {
      await database.end();
      await home.dispose();
    },
  };
}

/** Settings as the user of this home would write them down. */
export async function writeSettings(home: string, settings: StackSettings): Promise<void> {
  const document: Record<string, Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(settings)) {
    const [group = '', ...rest] = key.split('.');
    const [name = '', nested] = rest;
    document[group] ??= {};
    const members = document[group];
    members[name] = nested === undefined ? value : { ...(members[name] as object | undefined), [nested]: value };
  }
  await mkdir(path.join(home, 'config'), { recursive: true });
  // JSON is YAML.
  await writeFile(path.join(home, 'config', 'config.yaml'), JSON.stringify(document));
}

function runTemporal(program: string, args: readonly string[]) {
  const { promise, resolve } = Promise.withResolvers<Pick<CliResult, 'code' | 'stdout' | 'stderr'>>();
  execFile(
    program,
    [...args],
    { env: cleanEnvironment(), maxBuffer: 16 * 1024 * 1024, timeout: 30_000 },
    (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr }),
  );
  return promise;
}
