/** `npm run bench [name …]`: runs the benchmarks of this folder one after the other. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const wanted = process.argv.slice(2);
const scripts = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
  .filter((name) => wanted.length === 0 || wanted.includes(path.basename(name, '.ts')));

for (const script of scripts) {
  process.stdout.write(`\n— ${path.basename(script, '.ts')}\n`);
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, script)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
