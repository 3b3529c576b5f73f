/**
 * `npm test`: proves the whole product on a bare machine and ends with one line `N passed, N failed`.
 *
 * Checks (types, lint, format, unused code, coverage) count as one test each; the tiers run under vitest with a JSON
 * report, and the counts are added up. Checks and tiers can be named: `npm test -- checks unit e2e`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name);

/** Checks of the sources: name → command. */
const checks = {
  types: [bin('tsc'), '--noEmit'],
  lint: [bin('oxlint'), '--type-aware', '--deny-warnings'],
  format: [bin('biome'), 'format', '.'],
  unused: [bin('knip')],
} as const;

const tiers = ['unit', 'integration', 'workflow', 'replay', 'e2e', 'chaos'] as const;
/** Tiers that run the sources in the test process, where coverage can be measured; e2e and chaos run what was built. */
const measured = ['unit', 'integration', 'workflow', 'replay'] as const;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  const selected = (name: string) => wanted.length === 0 || wanted.includes(name);
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const started = performance.now();

  for (const [name, command] of Object.entries(checks)) {
    if (!selected('checks') && !selected(name)) continue;
    const ok = (await run(name, [...command])) === 0;
    add(total, one(ok));
  }
  if (tiers.some(selected)) add(total, one((await run('build', [process.execPath, 'scripts/build.ts'])) === 0));
  if (wanted.length === 0) {
    add(total, await vitest(measured, ['--coverage']));
    add(total, one((await run('coverage', [process.execPath, 'scripts/coverage.ts'])) === 0));
    add(total, await vitest(['e2e'], []));
    // Alone: killed and frozen parts want the machine for themselves.
    add(total, await vitest(['chaos'], []));
  } else {
    for (const tier of tiers) if (selected(tier)) add(total, await vitest([tier], []));
  }

  process.stdout.write(`\ntests took ${Math.round((performance.now() - started) / 1000)} s\n`);
  const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

async function vitest(projects: readonly string[], extra: readonly string[]): Promise<Counts> {
  const folder = await mkdtemp(path.join(tmpdir(), 'omnibase-test-'));
  const report = path.join(folder, 'report.json');
  try {
    const selection = projects.flatMap((project) => ['--project', project]);
    const code = await run(projects.join('+'), [
      bin('vitest'),
      'run',
      ...selection,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...extra,
    ]);
    const counts = await readCounts(report);
    // A crash outside any test (a failing hook, a missing server) must not pass for green.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readCounts(report: string): Promise<Counts> {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(await readFile(report, 'utf8'));
    return { passed: Number(numPassedTests), failed: Number(numFailedTests), skipped: Number(numPendingTests) };
  } catch (error) {
    process.stderr.write(`no report: ${String(error)}\n`);
    return one(false);
  }
}

function run(name: string, [command, ...args]: readonly string[]): Promise<number> {
  process.stdout.write(`\n— ${name}\n`);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  if (command === undefined) return Promise.resolve(1);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  child.once('error', reject);
  child.once('exit', (code) => resolve(code ?? 1));
  return promise;
}

function one(ok: boolean): Counts {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

function add(total: Counts, counts: Counts): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

await main();
