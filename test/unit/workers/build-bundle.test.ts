/** What runs inside the workflow sandbox: small, and free of what must not be there (architecture.md). */
import { builtinModules } from 'node:module';
import { describe, expect, it } from 'vitest';
import { workflowBundle } from '../../../workers/build-bundle.ts';

const bundle = await workflowBundle();
const code = bundle.code.replace(/\/\/# sourceMappingURL=.*$/m, '');
/** Paths of the modules inside, as webpack names them. */
const modules = [...code.matchAll(/^\/\*\*\*\/ "?\.\/([^"\n]+?)"?:?$/gm)].map(([, path]) => path ?? '');

describe('the workflow bundle', () => {
  it('holds the workflows and what they need of the lower layers', () => {
    expect(modules).toEqual(
      expect.arrayContaining([
        'workflows/bundle.ts',
        'workflows/deadline-sweep.ts',
        'workflows/registration.ts',
        'workflows/stage-run.ts',
        'workflows/interceptors/correlation.ts',
        'domain/stage/transitions.ts',
        'contracts/error.ts',
      ]),
    );
  });

  it.each(['zod', 'pino', 'drizzle-orm', 'pg', 'fastify', 'yaml', 'semver'])('has no %s', (name) => {
    expect(modules.filter((path) => path.startsWith(`node_modules/${name}/`))).toEqual([]);
  });

  it('takes from the product only contracts without schemas, domain rules and workflows', () => {
    const own = modules.filter((path) => !path.startsWith('node_modules/'));
    const odd = own.filter(
      (path) =>
        !/^(workflows|domain)\/|^contracts\/(error|search-attributes)\.ts$|^contracts\/errors\//.test(path) &&
        !/^contracts\/node\/(settings|vocabulary|workflow)\.ts$/.test(path),
    );
    expect(odd.filter((path) => path.endsWith('.ts'))).toEqual([]);
  });

  it('asks for no Node built-in', () => {
    const asked = [...code.matchAll(/require\(["'](?:node:)?([a-z_/]+)["']\)/g)].map(([, name]) => name ?? '');
    expect(asked.filter((name) => builtinModules.includes(name))).toEqual([]);
  });

  it('stays below 1.2 MB of code, of which 500 KB are ours', () => {
    expect(code.length).toBeLessThan(1_200_000);
    const parts = code.split(/^\/\*\*\*\/ (?=")/m).filter((part) => /^"\.\/(workflows|domain|contracts)\//.test(part));
    const ownBytes = parts.reduce((total, part) => total + part.length, 0);
    expect(ownBytes).toBeGreaterThan(20_000);
    expect(ownBytes).toBeLessThan(500_000);
  });
});
