/**
 * Coverage of workflow code where it really runs: inside the sandbox, while the recorded histories replay. Vitest's
 * coverage cannot see in there, so this measures by the inspector and completes vitest's JSON report:
 * `node test/replay/sandbox-coverage.ts [coverage/coverage-final.json]`. Files that vitest saw better keep its figures.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { join, resolve } from 'node:path';
import { Worker } from '@temporalio/worker';
import { convert } from 'ast-v8-to-istanbul';
import { parseAstAsync } from 'vitest/node';
import { workflowBundle } from '../../workers/build-bundle.ts';
import { silentSinks } from '../workflow/registration/support/node-worker.ts';

const root = join(import.meta.dirname, '../..');
/** Recorded histories of entities, and of the deadline sweep. */
const folders = ['histories', 'sweep'].map((name) => join(import.meta.dirname, name));

/** The part of Istanbul's format that counts; see `percentages`. */
interface FileCoverage {
  readonly path: string;
  readonly s: Readonly<Record<string, number>>;
  readonly b: Readonly<Record<string, readonly number[]>>;
}
type Coverage = Readonly<Record<string, FileCoverage>>;

/** Replays every history with precise coverage on, and takes it while the sandbox is still there. */
async function measure(bundle: { readonly code: string }): Promise<Profiler.ScriptCoverage[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const replays = Worker.runReplayHistories(
    { workflowBundle: bundle, sinks: silentSinks },
    (async function* () {
      for (const file of files) {
        yield { workflowId: file, history: JSON.parse(readFileSync(file, 'utf8')) as unknown };
      }
    })(),
  );
  let replayed = 0;
  for await (const { workflowId, error } of replays) {
    if (error !== undefined) throw new Error(`${workflowId} does not replay`, { cause: error });
    replayed += 1;
    if (replayed < files.length) continue;
    const { result } = await session.post('Profiler.takePreciseCoverage');
    session.disconnect();
    return result.filter(({ url }) => url.includes('/workflow-bundle-'));
  }
  throw new Error('there is no history to replay');
}

/** Of the scripts of one bundle the one that ran most: the SDK compiles it a second time to check it. */
async function convertBundle(code: string, scripts: readonly Profiler.ScriptCoverage[]): Promise<Coverage> {
  const [, map = ''] = /\/\/# sourceMappingURL=data:[^,]*,(.*)\s*$/.exec(code) ?? [];
  const sourceMap = JSON.parse(Buffer.from(map, 'base64').toString('utf8')) as { sources: string[] };
  const sources = sourceMap.sources.map((source) => source.replace(/^webpack:\/\/[^/]*\/(\.\/)?/, `${root}/`));
  const plain = code.replace(/\/\/# sourceMappingURL=.*$/s, '');
  const ran = scripts.toSorted((a, b) => b.functions.length - a.functions.length)[0];
  if (ran === undefined) throw new Error('the bundle was not executed');
  const converted = (await convert({
    ast: parseAstAsync(plain),
    code: plain,
    coverage: ran,
    sourceMap: { ...sourceMap, sources } as never,
    wrapperLength: 0,
  })) as Coverage;
  return Object.fromEntries(
    Object.entries(converted)
      .filter(([path]) => /\/workflows\/.*\.ts$/.test(path))
      .map(([path, file]) => [resolve(path), { ...file, path: resolve(path) }]),
  );
}

function percentages(files: readonly FileCoverage[]): { readonly statements: number; readonly branches: number } {
  const share = (counts: readonly number[]): number =>
    counts.length === 0 ? 100 : Math.round((1000 * counts.filter((count) => count > 0).length) / counts.length) / 10;
  return {
    statements: share(files.flatMap(({ s }) => Object.values(s))),
    branches: share(files.flatMap(({ b }) => Object.values(b).flat())),
  };
}

const bundle = await workflowBundle();
const sandbox = await convertBundle(bundle.code, await measure(bundle));
const [target] = process.argv.slice(2);
const known: Coverage =
  target !== undefined && existsSync(target) ? (JSON.parse(readFileSync(target, 'utf8')) as Coverage) : {};
const merged: Record<string, FileCoverage> = { ...known };
for (const [path, file] of Object.entries(sandbox)) {
  const seen = known[path];
  if (seen === undefined || percentages([file]).statements > percentages([seen]).statements) merged[path] = file;
}
if (target !== undefined) writeFileSync(target, JSON.stringify(merged));

const workflows = Object.values(merged).filter(({ path }) => path.startsWith(join(root, 'workflows/')));
for (const file of workflows.toSorted((a, b) => a.path.localeCompare(b.path))) {
  const { statements, branches } = percentages([file]);
  process.stdout.write(`${file.path.slice(root.length + 1)}: ${statements} % statements, ${branches} % branches\n`);
}
const all = percentages(workflows);
process.stdout.write(`workflows: ${all.statements} % statements, ${all.branches} % branches\n`);
