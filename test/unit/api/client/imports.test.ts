/** The command line loads the client at every start: it must stay small and free of libraries. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../../..');

/** Every module that `file` loads at run time: files of the project, and the rest by name. */
function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/^import type[^;]*;/gm, '');
  for (const [, names = '', from = ''] of text.matchAll(/^(?:import|export)\s+([^;]*?)\s*from\s+'([^']+)';/gm)) {
    const members = /^\{([^}]*)\}$/
      .exec(names)?.[1]
      ?.split(',')
      .filter((member) => member.trim() !== '');
    if (members?.every((member) => member.trim().startsWith('type ')) === true) continue;
    if (from.startsWith('.')) loaded(path.join(path.dirname(file), from), seen);
    else seen.add(from);
  }
  return seen;
}

it('loads the error catalogue and two modules of Node, nothing else', () => {
  const modules = [...loaded('api/client/client.ts')].filter(
    (name) => !/^(api\/client|contracts\/errors?)\b/.test(name),
  );
  expect(modules.sort()).toEqual([
    'contracts/gateway.ts',
    'contracts/node/vocabulary.ts',
    'node:string_decoder',
    'node:timers/promises',
  ]);
});

it('adds one module of Node for a node', () => {
  const [client, node] = ['api/client/client.ts', 'api/client/node-client/node-client.ts'].map((file) => loaded(file));
  const more = [...(node ?? [])].filter((name) => client?.has(name) === false && !name.startsWith('api/client/'));
  expect(more).toEqual(['node:crypto']);
});

it('asks without loading the fetch implementation', async () => {
  const script = `const { createApiClient } = await import(${JSON.stringify(path.join(root, 'api/client/client.ts'))});
    await createApiClient({ socketPath: '/nonexistent/omnibase.sock' }).handshake().catch(() => undefined);
    console.log(JSON.stringify(process.moduleLoadList.filter((name) => name.includes('undici'))));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toEqual([]);
});
