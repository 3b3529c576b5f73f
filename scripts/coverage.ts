/**
 * Holds the coverage promise: at least 90 % of lines and branches in the folders where the rules live.
 * `node scripts/coverage.ts` reads vitest's report, completes it with what the workflow sandbox ran, and prints both.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const report = path.join(root, 'coverage', 'coverage-final.json');
const folders = ['domain', 'registry', 'activities', 'workflows', 'db'] as const;
const required = 90;

/** The part of Istanbul's format that counts. */
interface FileCoverage {
  readonly statementMap: Readonly<Record<string, { readonly start: { readonly line: number } }>>;
  readonly s: Readonly<Record<string, number>>;
  readonly b: Readonly<Record<string, readonly number[]>>;
}

function main(): void {
  const sandbox = path.join(root, 'test', 'replay', 'sandbox-coverage.ts');
  const { status } = spawnSync(process.execPath, [sandbox, report], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('the coverage of the workflow sandbox could not be measured');
  const files = Object.entries(JSON.parse(readFileSync(report, 'utf8')) as Record<string, FileCoverage>);
  for (const folder of folders) {
    const own = files
      .filter(([file]) => file.startsWith(path.join(root, folder) + path.sep))
      .map(([, coverage]) => coverage);
    const lines = share(own.flatMap(linesOf));
    const branches = share(own.flatMap(({ b }) => Object.values(b).flat()));
    const low = own.length === 0 || lines < required || branches < required;
    process.stdout.write(
      `${folder.padEnd(10)} ${lines.toFixed(1)} % lines, ${branches.toFixed(1)} % branches${low ? `   below ${required} %` : ''}\n`,
    );
    if (low) process.exitCode = 1;
  }
}

/** How often each line with a statement ran. */
function linesOf({ statementMap, s }: FileCoverage): number[] {
  const lines = new Map<number, number>();
  for (const [id, { start }] of Object.entries(statementMap)) {
    lines.set(start.line, Math.max(lines.get(start.line) ?? 0, s[id] ?? 0));
  }
  return [...lines.values()];
}

function share(counts: readonly number[]): number {
  return counts.length === 0 ? 0 : (100 * counts.filter((count) => count > 0).length) / counts.length;
}

main();
