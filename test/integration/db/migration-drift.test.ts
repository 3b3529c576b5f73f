import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { migrationsFolder } from '../../../db/migrate.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

it('the committed migrations lead to the schema in the sources', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'omnibase-drift-'));
  try {
    const out = join(folder, 'migrations');
    await cp(migrationsFolder(), out, { recursive: true });
    const before = await readdir(out);
    const { stdout } = await run(
      process.execPath,
      [
        join(root, 'node_modules/drizzle-kit/bin.cjs'),
        'generate',
        '--dialect=postgresql',
        '--schema=./db/schema/index.ts',
        // drizzle-kit reads every path as relative to where it runs.
        `--out=${relative(root, out)}`,
      ],
      { cwd: root },
    );
    const hint = 'db/schema changed without a migration: npx drizzle-kit generate --name <what-changed>';
    expect(stdout, hint).toContain('No schema changes');
    expect(await readdir(out)).toEqual(before);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
