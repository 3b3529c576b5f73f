/**
 * Holds the import table of `architecture.md`: every import between folders must be listed here, and
 * files must not form cycles. Types-only imports count too, unless the table says otherwise.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');

/** Folder → folders it may import from. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  domain: ['contracts'],
  db: ['contracts', 'domain'],
  registry: ['db', 'domain', 'contracts'],
  validators: ['contracts', 'domain'],
  local: ['contracts', 'domain'],
  activities: ['registry', 'validators', 'db', 'domain', 'contracts'],
  workflows: ['domain', 'contracts', 'activities'],
  client: ['workflows', 'contracts'],
  api: ['client', 'db', 'registry', 'domain', 'contracts'],
  workers: ['workflows', 'activities', 'client', 'api', 'registry', 'validators', 'db', 'local', 'domain', 'contracts'],
  cli: ['client', 'api', 'registry', 'validators', 'local', 'db', 'domain', 'contracts'],
};

/** Narrower borders inside an allowed folder: importer folder → imported path → pattern it must match. */
const onlyThrough: readonly { from: string; to: string; allowed: RegExp; why: string }[] = [
  {
    from: 'client',
    to: 'workflows',
    allowed: /^workflows\/messages\//,
    why: 'client knows names and types of messages only',
  },
  { from: 'cli', to: 'api', allowed: /^api\/client\//, why: 'the command line speaks to the gateway as a client' },
  {
    from: 'cli',
    to: 'validators',
    allowed: /^validators\/(git|builtin)\//,
    why: 'the command line takes snapshots and registers built-ins, it never runs them',
  },
];

/** Packages a folder must never load, in any file. */
const neverPackages: Readonly<Record<string, RegExp>> = {
  contracts: /^(?!zod$)/,
  domain: /^(node:|zod|pg$|drizzle|@temporalio|pino|fastify)/,
  db: /^@temporalio|^fastify|^pino/,
  registry: /^@temporalio|^fastify|^pino/,
  validators: /^@temporalio|^drizzle|^pg$/,
  workflows: /^(node:|zod|pino|drizzle|pg$)/,
  client: /^drizzle|^pg$/,
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** Loaded when needed: no order of evaluation, so no cycle. */
  readonly lazy: boolean;
}

const imports = Object.keys(mayImport).flatMap((folder) => sourceFiles(folder).flatMap(importsOf));

describe('layers', () => {
  it('finds the sources', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('imports only what the table allows', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map((entry) => ({ ...entry, from: folderOf(entry.file), target: resolveImport(entry) }))
      .filter(({ from, target }) => from !== folderOf(target) && !(mayImport[from] ?? []).includes(folderOf(target)))
      .map(({ file, target }) => `${file} → ${target}`);
    expect(wrong).toEqual([]);
  });

  it('crosses narrow borders only through their doors', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map((entry) => ({ ...entry, from: folderOf(entry.file), target: resolveImport(entry) }))
      .flatMap(({ file, from, target }) =>
        onlyThrough
          .filter((border) => border.from === from && border.to === folderOf(target) && !border.allowed.test(target))
          .map((border) => `${file} → ${target}: ${border.why}`),
      );
    expect(wrong).toEqual([]);
  });

  it('lets workflows see types of activities only', () => {
    const wrong = imports.filter(
      (entry) => folderOf(entry.file) === 'workflows' && !entry.typeOnly && /activities\//.test(entry.specifier),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps foreign packages out of the folders that must not have them', () => {
    const wrong = imports
      .filter(({ specifier, typeOnly }) => !specifier.startsWith('.') && !typeOnly)
      .filter(({ file, specifier }) => neverPackages[folderOf(file)]?.test(specifier) ?? false)
      .map(({ file, specifier }) => `${file} → ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('has no cycles between files at run time', () => {
    const graph = new Map<string, string[]>();
    for (const entry of imports) {
      if (!entry.specifier.startsWith('.') || entry.typeOnly || entry.lazy) continue;
      graph.set(entry.file, [...(graph.get(entry.file) ?? []), resolveImport(entry)]);
    }
    expect(findCycle(graph)).toEqual([]);
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const pattern = /(?:^|\n)\s*(import|export)(\s+type)?\b([^'";]*?\bfrom\s*)?\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    specifier: match[4] ?? match[5] ?? '',
    lazy: match[5] !== undefined,
    typeOnly: match[2] !== undefined || /^\s*\{\s*(type\s+[\w\s]+,?\s*)+\}\s*from\s*$/.test(match[3] ?? ''),
  }));
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function resolveImport({ file, specifier }: Import): string {
  return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
}

/** Depth-first search; the first cycle as a list of files, or nothing. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return [];
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
