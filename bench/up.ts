/**
 * `omnibase up` as a whole process: the first start of a home (initdb, migrations), a later start, and when it is up
 * already. Goals with binaries cached: 4 s, 4 s (aim 2), 1 s (platform.md 2).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { machine, printTable, runProcess } from './support/measure.ts';

const launcher = path.resolve(import.meta.dirname, '../dist/omnibase.js');
const rounds = 5;

async function main(): Promise<void> {
  const series = { first: [] as number[], later: [] as number[], again: [] as number[], down: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const home = mkdtempSync(path.join(tmpdir(), 'omnibase-bench-up-'));
    const env = { ...process.env, OMNIBASE_HOME: home };
    const timed = async (args: readonly string[]): Promise<number> => {
      const started = performance.now();
      await runProcess(process.execPath, [launcher, ...args], { env });
      return performance.now() - started;
    };
    try {
      series.first.push(await timed(['up']));
      series.down.push(await timed(['down']));
      series.later.push(await timed(['up']));
      series.again.push(await timed(['up']));
    } finally {
      await timed(['down', '--purge', '--yes']);
      rmSync(home, { recursive: true, force: true });
    }
  }
  process.stdout.write(`${machine()}\n${rounds} fresh homes, one after the other\n`);
  printTable([
    { name: 'first up', ms: series.first },
    { name: 'later up', ms: series.later },
    { name: 'up, already up', ms: series.again },
    { name: 'down', ms: series.down },
  ]);
}

await main();
