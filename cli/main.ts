/**
 * Entry of the command line (`dist/cli.js`). The version is answered before anything is loaded; every
 * other line goes to `run.ts`.
 */
import process from 'node:process';
import { ownVersion } from './version.ts';

const line = process.argv.slice(2);

if (line.length === 1 && (line[0] === '--version' || line[0] === '-V')) {
  process.stdout.write(`${ownVersion()}\n`);
} else {
  const [{ runCommandLine }, { processIo }] = await Promise.all([import('./run.ts'), import('./io.ts')]);
  const io = processIo(line.includes('--no-color'));
  const code = await runCommandLine(line, io);
  await Promise.all([io.stdout.flush(), io.stderr.flush()]);
  // Kept connections and watchers of a finished command must not hold the shell's prompt back.
  process.exit(code);
}
