/**
 * A newcomer on another machine: has an empty folder, the packed product, an address and a token, and follows
 * docs/guides/nodes.md. The client must need nothing else, so no dependency is installed beside it.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, waitFor } from '../../../support/cli.ts';
import type { NodeStack } from '../support/node-stack.ts';

const execute = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../../..');
let stack: NodeStack;
let folder: string;
let program: string;
let id: string;

/** @param opened the stack, once it is up */
export function newcomer(opened: () => NodeStack): void {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'omnibase-newcomer-'));
    stack = opened();
    await unpack();
    const guide = await readFile(path.join(root, 'docs/guides/nodes.md'), 'utf8');
    program = /```ts\n([^]*?)```/.exec(guide)?.[1] ?? '';
    id = /node_id: '([^']+)'/.exec(program)?.[1] ?? '';
    await writeFile(path.join(folder, 'mailer.ts'), program);
  }, 120_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  describe('a newcomer', () => {
    it('runs the lines of the guide as they are: registers, lives on, says goodbye', async () => {
      const env = { OMNIBASE_URL: stack.urls.api, OMNIBASE_TOKEN: await stack.token('node.register') };
      const mailer = runMailer(env);
      await waitFor('the node', () => mailer.output().includes('active') || undefined);
      expect(await select()).toMatchObject({ status: 200, body: { node: { entity_id: id, node_name: 'mailer' } } });
      // Longer than a node lives that does not beat.
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expect(await select()).toMatchObject({ status: 200 });
      expect(await mailer.end()).toBe(0);
      expect(await select()).toMatchObject({ status: 404 });
      const { body } = await stack.socket.call('GET', `/api/v1/nodes/${id}`);
      expect(body).toMatchObject({ current_state: 'liveness_expired', expiry_reason: 'deregistered', epoch: 1 });
    });

    it.each([
      ['an address where nobody listens', { OMNIBASE_URL: 'http://127.0.0.1:9' }, /127\.0\.0\.1:9/],
      ['a token that is none', { OMNIBASE_TOKEN: 'omb_x' }, /token/],
    ])('tells of %s, and goes on trying', async (_, env, told) => {
      const mailer = runMailer({ OMNIBASE_URL: stack.urls.api, ...env });
      await waitFor('a word about it', () => told.test(mailer.output()) || undefined);
      expect(await mailer.end()).toBe(0);
    });

    it('has types that a strict compiler accepts', async () => {
      const options = {
        module: 'nodenext',
        target: 'es2023',
        lib: ['es2024'],
        strict: true,
        noEmit: true,
        types: ['node'],
      };
      await writeFile(
        path.join(folder, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: { ...options, typeRoots: [path.join(root, 'node_modules/@types')] },
          files: ['mailer.ts'],
        }),
      );
      // The schemas behind the types are those of zod, a dependency that `npm install` brings.
      const zod = path.join(folder, 'node_modules/zod');
      await symlink(path.join(root, 'node_modules/zod'), zod);
      const compiler = path.join(root, 'node_modules/.bin/tsc');
      const result = await execute(compiler, ['-p', folder], { env: cleanEnvironment() }).catch(
        (error: unknown) => error,
      );
      await rm(zod);
      expect(result).toMatchObject({ stdout: '' });
    });
  });
}

/** What `npm install` does with the tarball, without its dependencies. */
async function unpack(): Promise<void> {
  const target = path.join(folder, 'node_modules/omnibase');
  await mkdir(target, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{ "name": "newcomer", "private": true, "type": "module" }');
  const packed = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    env: cleanEnvironment(),
    maxBuffer: 1 << 24,
  });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  await execute('tar', ['-xzf', path.join(folder, filename), '-C', target, '--strip-components=1']);
}

function runMailer(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['mailer.ts'], { cwd: folder, env: cleanEnvironment(env) });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output: () => output,
    end: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function select() {
  return stack.socket.call('POST', '/api/v1/nodes/select', { body: { capability: 'mail' } });
}
