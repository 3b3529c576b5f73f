/** Snapshots taken from inside real hooks, where git sets its own environment. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../../../support/git.ts';

const layer = new URL('../../../../validators/git/index.ts', import.meta.url).href;

/** Installs a hook that writes what it sees into `seen.json` of the repository, then lets git go on. */
function installHook(repository: TestRepository, hook: string, request = "{ stage: 'pre-commit' }"): void {
  const seen = JSON.stringify(join(repository.directory, 'seen.json'));
  writeFileSync(
    join(repository.directory, hook),
    `#!${process.execPath}
import('${layer}').then(async ({ takeSnapshot, listEntries, readTreeFile }) => {
  const snapshot = await takeSnapshot({ directory: process.cwd(), environment: process.env, ...${request} });
  const { entries } = await listEntries(snapshot);
  const content = await Promise.all(entries.map((entry) => readTreeFile(snapshot, entry.path)));
  const lines = entries.map((entry, index) => entry.status + ' ' + entry.path + ' ' + String(content[index]).trim());
  require('node:fs').writeFileSync(${seen}, JSON.stringify(lines));
});
`,
    { mode: 0o755 },
  );
}

function seen(repository: TestRepository): unknown {
  return JSON.parse(readFileSync(join(repository.directory, 'seen.json'), 'utf8'));
}

test('a plain commit shows what is staged', async () => {
  await using repository = createRepository();
  installHook(repository, '.git/hooks/pre-commit');
  repository.stage({ a: 'staged\n' });
  repository.write('a', 'later\n');
  repository.git('commit', '--quiet', '-m', 'x');
  expect(seen(repository)).toEqual(['added a staged']);
});

test('`git commit -a` shows tracked changes that were never staged', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n', b: 'b\n' });
  installHook(repository, '.git/hooks/pre-commit');
  repository.write('a', 'from the work tree\n');
  repository.git('commit', '--quiet', '-a', '-m', 'x');
  expect(seen(repository)).toEqual(['modified a from the work tree']);
});

test('`git commit PATH` shows that path only, whatever else is staged', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n', b: 'b\n' });
  installHook(repository, '.git/hooks/pre-commit');
  repository.stage({ b: 'staged b\n' });
  repository.write('a', 'partial\n');
  repository.git('commit', '--quiet', '-m', 'x', 'a');
  expect(seen(repository)).toEqual(['modified a partial']);
  expect(repository.git('diff', '--cached', '--name-only')).toBe('b');
});

test('a commit in a linked worktree shows the index of that worktree', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n' });
  installHook(repository, '.git/hooks/pre-commit');
  const place = join(repository.directory, 'linked');
  repository.git('worktree', 'add', '--quiet', place);
  const linked = repositoryAt(place, repository.environment);
  repository.stage({ main: 'main\n' });
  linked.stage({ linked: 'linked\n' });
  linked.git('commit', '--quiet', '-m', 'x');
  expect(seen(repository)).toEqual(['added linked linked']);
});

test('a receiving repository sees objects that are still in quarantine', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n' });
  await using target = createRepository({ bare: true });
  repository.git('push', '--quiet', target.directory, 'main');
  installHook(target, 'hooks/pre-receive', "{ stage: 'ci', fromRef: 'main', toRef: process.env.NEW }");
  const hook = readFileSync(join(target.directory, 'hooks/pre-receive'), 'utf8');
  const readNew = "process.env.NEW = require('node:fs').readFileSync(0, 'utf8').split(' ')[1];\n";
  writeFileSync(join(target.directory, 'hooks/pre-receive'), hook.replace('\n', `\n${readNew}`));
  repository.commitFiles({ b: 'pushed\n' });
  repository.git('push', '--quiet', target.directory, 'main');
  expect(seen(target)).toEqual(['added b pushed']);
});
