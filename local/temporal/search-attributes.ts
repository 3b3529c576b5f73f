/**
 * Search attributes given at start are registered only when the server makes its namespace. A database file
 * made by an older release lacks what was added since; this adds it, once per change of the list.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../processes/command.ts';
import { isErrno } from '../processes/identity.ts';
import { searchAttributeArguments } from './settings.ts';

export interface SearchAttributeTarget {
  /** Path of the `temporal` program. */
  readonly binary: string;
  /** host:port of the running server. */
  readonly address: string;
  readonly stateDir: string;
  /** The server has just made its database, with the attributes given at start. */
  readonly isNew: boolean;
}

/** Makes sure that the namespace `default` knows every attribute. Throws when the server refuses one. */
export async function ensureSearchAttributes(target: SearchAttributeTarget): Promise<void> {
  const mark = join(target.stateDir, 'temporal.attributes');
  const wanted = createHash('sha256').update(searchAttributeArguments.join('\n')).digest('hex');
  if ((await readMark(mark)) === wanted) return;
  if (!target.isNew) await createAll(target);
  await writeFile(mark, wanted, { mode: 0o600 });
}

async function createAll(target: SearchAttributeTarget): Promise<void> {
  // Creating one that exists is no error, so the list need not be compared first.
  const flags = searchAttributeArguments.flatMap((entry) => {
    const [name = '', type = ''] = entry.split('=');
    return ['--name', name, '--type', type];
  });
  const connection = [
    '--address',
    target.address,
    '--namespace',
    'default',
    '--disable-config-file',
    '--disable-config-env',
  ];
  const result = await runCommand(target.binary, ['operator', 'search-attribute', 'create', ...connection, ...flags], {
    timeoutMs: 20_000,
    env: { PATH: process.env['PATH'] },
  });
  if (result.code !== 0) throw new Error(`search attributes could not be created: ${result.output.trim()}`);
}

async function readMark(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}
