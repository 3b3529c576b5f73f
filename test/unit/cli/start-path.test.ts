/** What a node command loads before it talks to anybody: no schema library, no database driver, no engine. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = path.join(root, 'cli/commands/node');
const commands = readdirSync(folder).map((name) => path.join(folder, name));

/** Packages loaded by a module, and by all it imports statically. */
function packagesOf(entry: string): ReadonlyMap<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const specifier of staticImports(readFileSync(file, 'utf8'))) {
      if (specifier.startsWith('.')) open.push(path.resolve(path.dirname(file), specifier));
      else if (!specifier.startsWith('node:')) packages.set(specifier, path.relative(root, file));
    }
  }
  return packages;
}

/** Of statements that load something: `import type` and `import()` do not, nor does a clause of types alone. */
function staticImports(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s+(?!type\b)(?:([^;'"]*?)\s+from\s+)?'([^']+)';/gm);
  return [...statements].flatMap(([, clause, specifier]) => {
    const names = /^\{([\s\S]*)\}$/.exec(clause?.trim() ?? '')?.[1];
    const onlyTypes = names !== undefined && names.split(',').every((name) => /^\s*(type\s|$)/.test(name));
    return onlyTypes || specifier === undefined ? [] : [specifier];
  });
}

describe('the start of a node command', () => {
  it('is looked at for every command', () => {
    expect(commands).toHaveLength(9);
  });

  it.each(commands.map((file) => [path.basename(file), file] as const))('%s loads nothing heavy', (_, file) => {
    const heavy = [...packagesOf(file)].filter(([name]) =>
      /^(zod|pg|drizzle|@temporalio|fastify|pino|prom-client)/.test(name),
    );
    expect(heavy).toEqual([]);
  });

  it('would notice', () => {
    expect([...packagesOf(path.join(root, 'contracts/config.ts')).keys()]).toContain('zod');
    expect([...packagesOf(path.join(root, 'cli/control/direct-nodes.ts')).keys()]).toContain('pg');
  });
});
