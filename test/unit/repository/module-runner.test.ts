/**
 * The tests' module runner has no `import.meta.resolve`. A source that calls it works everywhere but there, and there only
 * on a path that needs an empty cache: on somebody else's machine.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const folders = 'activities,api,cli,client,contracts,db,domain,local,registry,validators,workers,workflows';

it('no source resolves modules in a way the tests cannot', () => {
  const files = globSync(`{${folders}}/**/*.ts`, { cwd: root });
  expect(files.length).toBeGreaterThan(500);
  const callers = files.filter((file) => readFileSync(path.join(root, file), 'utf8').includes('import.meta.resolve('));
  expect(callers).toEqual([]);
});
