/**
 * Whole-process times of short commands on the warm stack with 1,000 components registered. Targets: `--version`
 * 60 ms, `list validators --tag canary` 250 ms (goal 120), platform.md 4 and registry.md 13.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { interleave, machine, printTable, runProcess } from './support/measure.ts';
import { startBenchStack } from './support/stack.ts';

async function main(): Promise<void> {
  const stack = await startBenchStack();
  const folder = mkdtempSync(path.join(tmpdir(), 'omnibase-bench-docs-'));
  try {
    await stack.omnibase(['registry', 'add', ...writeDocuments(folder, 1000)]);
    const samples = await interleave([
      { name: 'node -e 0', run: () => runProcess(process.execPath, ['-e', '0']) },
      { name: 'omnibase --version', run: () => stack.omnibase(['--version']) },
      { name: 'omnibase orch --help', run: () => stack.omnibase(['orch', '--help']) },
      {
        name: 'omnibase list validators --tag canary',
        run: () => stack.omnibase(['list', 'validators', '--tag', 'canary']),
      },
      { name: 'omnibase status', run: () => stack.omnibase(['status']) },
    ]);
    process.stdout.write(`${machine()}\n1,000 components, 200 of them with the tag\n`);
    printTable(samples);
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Documents with fixed content; every fifth carries the tag `canary`. */
function writeDocuments(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const file = path.join(folder, `${index}.json`);
    const document = {
      uuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      name: `bench-${index}`,
      version: '1.0.0',
      type: 'validator',
      namespace: 'bench',
      author: 'bench',
      created_at: '2026-01-01T00:00:00Z',
      description: `Component ${index} of the benchmark.`,
      lifecycle: 'active',
      tags: [`tag-${index % 200}`, ...(index % 5 === 0 ? ['canary'] : [])],
      entrypoint: { kind: 'command', program: 'true', args: [] },
    };
    writeFileSync(file, JSON.stringify(document));
    return file;
  });
}

await main();
