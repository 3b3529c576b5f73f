/**
 * Attributes of entries as the target tree gives them (stages.md 4.3): `git check-attr --cached` on a temporary
 * index of that tree, so that an edited `.gitattributes` in the work tree has no say. Most trees have no such file
 * beside or above a changed one; that costs one question to a kept process and nothing more.
 */
import { isUtf8 } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileAttributes } from '../../domain/stage/file-types.ts';
import { snapshotEnvironment } from './environment.ts';
import type { Objects, Repository } from './objects.ts';
import { git } from './process.ts';

const attributeNames = [
  'binary',
  'text',
  'linguist-language',
  'linguist-generated',
  'linguist-vendored',
  'omnibase',
] as const;

/** Attributes by path (byte string, latin1); empty where no attribute file applies. */
export async function readAttributes(
  repository: Repository,
  objects: Objects,
  tree: string,
  paths: readonly Buffer[],
): Promise<ReadonlyMap<string, FileAttributes>> {
  if (paths.length === 0 || !(await hasAttributeFile(repository, objects, tree, paths))) return new Map();
  const directory = await mkdtemp(join(tmpdir(), 'omnibase-attributes-'));
  try {
    const environment = { ...snapshotEnvironment(repository), GIT_INDEX_FILE: join(directory, 'index') };
    await git({ args: ['read-tree', tree], environment });
    const input = Buffer.concat(paths.flatMap((path) => [path, nul]));
    const output = await git({
      args: ['check-attr', '--cached', '-z', '--stdin', ...attributeNames],
      environment,
      input,
    });
    return collect(output);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const nul = Buffer.of(0);

/** Above this, one listing of the tree is cheaper than a question for each folder, which walks down from the root. */
const maxFolderQuestions = 50;

async function hasAttributeFile(
  repository: Repository,
  objects: Objects,
  tree: string,
  paths: readonly Buffer[],
): Promise<boolean> {
  const folders = new Set(['']);
  for (const path of paths) {
    const text = path.toString('latin1');
    for (let slash = text.lastIndexOf('/'); slash > 0; slash = text.lastIndexOf('/', slash - 1)) {
      const folder = text.slice(0, slash + 1);
      // A known folder has its parents in the set already.
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  const names = [...folders].map((folder) => Buffer.from(folder, 'latin1'));
  // Questions go to git as text, line by line; not every name can.
  if (names.length <= maxFolderQuestions && names.every((name) => !name.includes('\n') && isUtf8(name))) {
    const headers = await objects.headers(names.map((name) => `${tree}:${name.toString('utf8')}.gitattributes`));
    return headers.some((header) => header !== null);
  }
  const args = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', tree];
  const listing = await git({ args, environment: snapshotEnvironment(repository) });
  return /(?:^|[/\0])\.gitattributes\0/.test(listing.toString('latin1'));
}

/** `path NUL attribute NUL value NUL`, repeated. */
function collect(output: Buffer): Map<string, FileAttributes> {
  const fields = output.toString('latin1').split('\0');
  const byPath = new Map<string, Record<string, string>>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', name = '', value = ''] = fields.slice(at, at + 3);
    const values = byPath.get(path) ?? {};
    values[name] = value;
    byPath.set(path, values);
  }
  return new Map([...byPath].map(([path, values]) => [path, interpret(values)]));
}

function interpret(values: Readonly<Record<string, string>>): FileAttributes {
  const language = values['linguist-language'] ?? 'unspecified';
  return {
    binary: values['binary'] === 'set' || values['text'] === 'unset',
    text: values['text'] === 'set',
    language: ['unspecified', 'set', 'unset'].includes(language) ? null : language,
    generated: isTrue(values['linguist-generated']),
    vendored: isTrue(values['linguist-vendored']),
    excluded: values['omnibase'] === 'unset',
  };
}

function isTrue(value: string | undefined): boolean {
  return value === 'set' || value === 'true';
}
