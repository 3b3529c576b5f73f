/** Node commands that need more than a script: interruption, absent parts, the lines of the pages. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, createTestHome, startTestStack, type TestStack, waitFor } from '../../support/cli.ts';

const root = path.resolve(import.meta.dirname, '../../..');
let stack: TestStack;
let address: string;
beforeAll(async () => {
  stack = await startTestStack();
  const { stdout } = await stack.run(['status', '--json']);
  address = (JSON.parse(stdout) as { urls: { temporal: string } }).urls.temporal;
});
afterAll(() => stack.dispose());

const node = (...args: string[]) => stack.run(['node', ...args]);
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await node(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
};
async function active(domain = 'registration'): Promise<string> {
  const id = randomUUID();
  const answer = await json('register', '--id', id, '--type', 'effect', '--domain', domain, '--ack');
  expect(answer).toMatchObject({
    registered: true,
    acknowledged: true,
    ack_result: 'activated',
    state: 'active',
    epoch: 1,
  });
  return id;
}

describe('JSON keys', () => {
  it('of a handshake and a life', async () => {
    const id = randomUUID();
    const offered = await json('register', '--id', id, '--type', 'reducer', '--name', 'n', '--quiet');
    expect(offered).toMatchObject({
      schema_version: 1,
      registered: true,
      node_id: id,
      state: 'awaiting_ack',
      epoch: 1,
    });
    expect(offered['attempt_id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(String(offered['ack_deadline']))).toBeGreaterThan(Date.now());
    const acked = await json('ack', id, '--attempt', String(offered['attempt_id']));
    expect(acked).toMatchObject({ acknowledged: true, result: 'activated', state: 'active' });
    expect(await json('heartbeat', id)).toMatchObject({ accepted: true, result: 'accepted', next: 'heartbeat' });
    const shown = await json('get', id, '--transitions', '--live');
    expect(shown).toMatchObject({
      entity_id: id,
      current_state: 'active',
      live: { beats_since_active: 1 },
      workflow: { state: 'active' },
    });
    expect((shown['transitions'] as unknown[]).length).toBeGreaterThanOrEqual(5);
    expect(await json('deregister', id)).toMatchObject({ deregistered: true, result: 'deregistered' });
    expect(await json('deregister', id)).toMatchObject({ deregistered: true, result: 'already_closed' });
  });

  it('a command id of its own for each call: the same line twice is not a repetition', async () => {
    const id = await active();
    const again = await json('register', '--id', id, '--type', 'effect', '--quiet', '--correlation-id', id);
    const andAgain = await json('register', '--id', id, '--type', 'effect', '--quiet', '--correlation-id', id);
    expect([again['result'], andAgain['result']]).toEqual(['started', 'joined']);
  });
});

describe('what goes on until it is stopped', () => {
  it('heartbeat --every beats at the told interval and ends with 130', async () => {
    const id = await active();
    const beating = stack.start(['node', 'heartbeat', id, '--every']);
    let out = '';
    beating.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await waitFor('the first beat', () => out.includes('accepted') || undefined);
    beating.process.kill('SIGINT');
    const { code, stdout } = await beating.done;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^\S+Z {2}accepted {2}active {2}epoch 1 {2}next heartbeat in \d+\.\d s\n$/);
  });

  it('watch sees what happens from now on and ends with 130', async () => {
    const domain = `watch-${randomUUID().slice(0, 8)}`;
    const watching = stack.start(['node', 'watch', '--domain', domain, '--format', 'jsonl']);
    let out = '';
    watching.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    // Nodes until one is seen: the stream opens a moment after the process starts.
    await waitFor('an event', async () => {
      await active(domain);
      return out.includes('node.became_active') || undefined;
    });
    watching.process.kill('SIGINT');
    const { code, stdout, stderr } = await watching.done;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ domain });
  });

  it('watch ends when nobody reads it any more', async () => {
    const domain = `head-${randomUUID().slice(0, 8)}`;
    const watching = stack.start(['node', 'watch', '--domain', domain, '--since', '0', '--format', 'jsonl']);
    let ended = false;
    void watching.done.then(() => (ended = true));
    await active(domain);
    await new Promise((resolve) => watching.process.stdout?.once('data', resolve));
    watching.process.stdout?.destroy();
    // Noticed by writing, as with any pipe.
    await waitFor('its end', async () => {
      await active(domain);
      return ended || undefined;
    });
    expect((await watching.done).code).toBe(0);
  });

  it('watch goes on after the last event when the serving process dies, losing none and repeating none', async () => {
    const domain = `break-${randomUUID().slice(0, 8)}`;
    const watching = stack.start(['node', 'watch', '--domain', domain, '--since', '0', '--format', 'jsonl']);
    let out = '';
    watching.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const seen = () => out.split('\n').filter((line) => line.includes('"node.became_active"'));
    await active(domain);
    await waitFor('the first node', () => seen().length === 1 || undefined);
    const before = (await stack.pids())['api'] ?? 0;
    process.kill(before, 'SIGKILL');
    await waitFor(
      'another serving process',
      async () => {
        const { code, stdout } = await stack.run(['status', '--json']);
        const { parts } = JSON.parse(stdout) as { parts: { name: string; pid: number }[] };
        return (code === 0 && parts.find(({ name }) => name === 'api')?.pid !== before) || undefined;
      },
      60_000,
    );
    await active(domain);
    await waitFor('the second node', () => seen().length === 2 || undefined, 30_000);
    watching.process.kill('SIGINT');
    const { code, stdout } = await watching.done;
    expect(code).toBe(130);
    const numbers = stdout
      .trim()
      .split('\n')
      .map((line) => Number((JSON.parse(line) as { pub_seq: string }).pub_seq));
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    expect(numbers).toHaveLength(10);
  });

  it('simulate says goodbye on Ctrl-C', async () => {
    const domain = `sim-${randomUUID().slice(0, 8)}`;
    const simulating = stack.start(['node', 'simulate', '--count', '3', '--domain', domain]);
    let out = '';
    simulating.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await waitFor('three nodes', () => out.match(/node\.became_active/g)?.length === 3 || undefined);
    simulating.process.kill('SIGINT');
    const { code, stdout, stderr } = await simulating.done;
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'ending: 3 simulated nodes say goodbye\n' });
    expect(stdout).toContain('3 nodes: 3 became active, 0 fell silent, 0 expired');
    expect(await json('ls', '--domain', domain, '--counts')).toMatchObject({ active: 0, liveness_expired: 3 });
  });
});

describe('absent parts', () => {
  it('nothing runs and nothing may be started: 6, and how to start it', async () => {
    const empty = await createTestHome();
    try {
      for (const args of [['ls'], ['register', '--type', 'effect'], ['heartbeat', randomUUID()], ['watch']]) {
        const { code, stdout, stderr } = await empty.run(['node', ...args], { env: { OMNIBASE_AUTOSTART: '0' } });
        expect({ code, stdout }, args.join(' ')).toEqual({ code: 6, stdout: '' });
        expect(stderr).toMatch(/^EngineUnavailableError \[OR060\] .*\nnext: omnibase up /);
      }
    } finally {
      await empty.dispose();
    }
  });

  it('an address nobody listens at: 6, and the address', async () => {
    const { code, stderr } = await node('ls', '--address', 'http://127.0.0.1:9');
    expect(code).toBe(6);
    expect(stderr).toContain('the gateway at http://127.0.0.1:9 is not reachable');
  });
});

describe('while Temporal does not answer', () => {
  it('reading, beating and acknowledging go on; what needs the engine is 6 and names the part', async () => {
    const id = await active();
    const offered = await json('register', '--type', 'effect', '--quiet');
    const pid = (await stack.pids())['temporal'] ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      const [refused, beat, ack, listed] = await Promise.all([
        node('register', '--type', 'effect'),
        node('heartbeat', id, '--json'),
        node('ack', String(offered['node_id']), '--attempt', String(offered['attempt_id']), '--json'),
        node('ls', '--state', 'active', '--json'),
      ]);
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 6, stdout: '' });
      expect(refused.stderr).toMatch(/^EngineUnavailable \[ND013\] .*(Temporal|omnibase-control|engine).*\nnext: /);
      expect(refused.duration_ms).toBeLessThan(12_000);
      expect(JSON.parse(beat.stdout)).toMatchObject({ accepted: true, edge: 'pending' });
      expect(ack.code).toBe(0);
      expect(JSON.parse(ack.stdout)).toMatchObject({ acknowledged: true, result: 'recorded' });
      expect((JSON.parse(listed.stdout) as { items: unknown[] }).items.length).toBeGreaterThan(0);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await waitFor(
      'the recorded ack',
      async () => (await json('get', String(offered['node_id'])))['current_state'] === 'active' || undefined,
      30_000,
    );
  });
});

describe.each([
  ['docs/workflows/registration.md', 3],
  ['docs/guides/nodes.md', 2],
  ['docs/runbooks/mass-node-expiry.md', 4],
])('the lines of %s', (page, blocks) => {
  it('run as they are written', async () => {
    const text = readFileSync(path.join(root, page), 'utf8');
    const scripts = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script]) => script ?? '');
    expect(scripts).toHaveLength(blocks);
    const work = await mkdtemp(path.join(tmpdir(), 'omnibase-docs-'));
    try {
      const { stdout } = await shell(`set -e\n${scripts.join('\n')}\necho all done`, work);
      expect(stdout).toMatch(/all done\n$/);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
});

describe('the ten lines of docs/guides/nodes.md', () => {
  it('are a node that registers, lives, and says goodbye', async () => {
    const text = readFileSync(path.join(root, 'docs/guides/nodes.md'), 'utf8');
    const snippet = /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    const id = /node_id: '([^']+)'/.exec(snippet)?.[1] ?? '';
    const { stdout } = await stack.run(['status', '--json']);
    const { socket } = (JSON.parse(stdout) as { urls: { socket: string } }).urls;
    const program = snippet
      .replace("'omnibase/node-client'", `'${path.join(root, 'api/client/node-client/node-client.ts')}'`)
      .replace(/target: \{.*\},/, `target: { socketPath: '${socket}' },`);
    expect(program).not.toContain('OMNIBASE_URL');
    const work = await mkdtemp(path.join(tmpdir(), 'omnibase-snippet-'));
    try {
      await writeFile(path.join(work, 'mailer.ts'), program);
      const child = spawn(process.execPath, [path.join(work, 'mailer.ts')], { env: cleanEnvironment() });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
      await waitFor('the node', () => out.includes('active') || undefined);
      expect(out).toMatch(/^(registering \n)+active \n$/);
      expect(await json('select', '--tag', 'mail')).toMatchObject({ node: { entity_id: id, node_name: 'mailer' } });
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(await json('get', id)).toMatchObject({ current_state: 'liveness_expired', expiry_reason: 'deregistered' });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
});

/** A shell in which `omnibase`, `node`, `temporal` and `curl` are there. */
async function shell(script: string, cwd: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const functions = [
    `omnibase() { node '${path.join(root, 'dist/omnibase.js')}' "$@"; }`,
    `command -v curl > ./has-curl || curl() { node '${path.join(root, 'test/support/curl.ts')}' "$@"; }`,
    '',
  ].join('\n');
  const temporal = await temporalBinary();
  const env = cleanEnvironment({
    OMNIBASE_HOME: stack.home,
    TEMPORAL_ADDRESS: address,
    PATH: [path.dirname(process.execPath), path.dirname(temporal), process.env['PATH'] ?? ''].join(path.delimiter),
  });
  return promisify(execFile)('sh', ['-c', functions + script], { cwd, env, maxBuffer: 16 * 1024 * 1024 });
}

/** The server binary of the running stack is the command line as well. */
async function temporalBinary(): Promise<string> {
  const { temporal = 0 } = await stack.pids();
  return readlink(`/proc/${temporal}/exe`);
}
