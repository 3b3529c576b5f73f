#!/usr/bin/env node
/**
 * The launcher, bundled as `dist/omnibase.js`. It must be readable by every Node from 12 on that may be
 * first on PATH, so it has no static import, no top-level await, no `import.meta`, no `??` and no `?.`. It
 * makes sure that a Node of at least 22.18 runs the program, switches the compile cache on, and hands over.
 */

import type childProcess from 'node:child_process';
import type fs from 'node:fs';
import type os from 'node:os';
import type path from 'node:path';

const minimum = [22, 18] as const;

interface BuiltIns {
  readonly fs: typeof fs;
  readonly path: typeof path;
  readonly os: typeof os;
  readonly childProcess: typeof childProcess;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
}

function launch(): void {
  if (isNewEnough(process.version)) {
    const built = (globalThis as { OMNIBASE_VERSION?: string }).OMNIBASE_VERSION;
    const line = process.argv.slice(2);
    if (built !== undefined && line.length === 1 && (line[0] === '--version' || line[0] === '-V')) {
      process.stdout.write(`${built}\n`);
      return;
    }
    void start();
  } else {
    // `node:` prefixes and `require` are not there in every old Node that reads this file.
    Promise.all([import('fs'), import('path'), import('os'), import('child_process')]).then(
      ([fs, path, os, childProcess]) => relaunch({ fs, path, os, childProcess }),
      fail,
    );
  }
}

/** Loads the program with the compile cache on; a cache that cannot be written costs time, nothing else. */
async function start(): Promise<void> {
  try {
    const [module, path, os] = await Promise.all([import('node:module'), import('node:path'), import('node:os')]);
    if (process.env['NODE_COMPILE_CACHE'] === undefined)
      module.enableCompileCache(path.join(cacheFolder({ path, os }), 'compile'));
    const program = ownFile().endsWith('.ts') ? './main.ts' : './cli.js';
    await import(program);
  } catch (error) {
    fail(error);
  }
}

/** The same folder as `local/paths.ts`, worked out here so that nothing has to be loaded for it. */
function cacheFolder({ path, os }: Pick<BuiltIns, 'path' | 'os'>): string {
  const { env } = process;
  if (env['OMNIBASE_CACHE_DIR']) return path.resolve(env['OMNIBASE_CACHE_DIR']);
  if (env['OMNIBASE_HOME']) return path.join(path.resolve(env['OMNIBASE_HOME']), 'cache');
  const home = env['HOME'] || os.homedir();
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'omnibase');
  const xdg = env['XDG_CACHE_HOME'];
  return path.join(xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache'), 'omnibase');
}

/** Runs this file again with the Node that npm installed next to the package, passing signals on. */
function relaunch({ fs, path, os, childProcess }: BuiltIns): void {
  const self = fs.realpathSync(ownFile());
  const node = findNode(self, { fs, path });
  if (node === null) return refuse();
  const child = childProcess.spawn(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', refuse);
  child.on('exit', (code, signal) => {
    const number = signal === null ? 0 : os.constants.signals[signal];
    process.exitCode = code === null ? 128 + number : code;
  });
}

/** `node_modules/node/bin/node` in this folder or any above it, if that one is new enough. */
function findNode(self: string, { fs, path }: Pick<BuiltIns, 'fs' | 'path'>): string | null {
  for (let folder = path.dirname(self); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'node_modules', 'node', 'package.json');
    const program = path.join(folder, 'node_modules', 'node', 'bin', 'node');
    if (fs.existsSync(manifest) && fs.existsSync(program)) {
      const { version = '' } = JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version?: string };
      if (isNewEnough(version)) return program;
    }
    if (path.dirname(folder) === folder) return null;
  }
}

/** This file as it was called: `import.meta` would be a syntax error where the file is read as a script. */
function ownFile(): string {
  const file = process.argv[1];
  return file === undefined ? '' : file;
}

function refuse(): void {
  process.stderr.write(
    `ConfigurationError [OB003] omnibase needs Node ${minimum.join('.')} or newer, this is ${process.version}\n` +
      'next: install a current Node, or add it to the project with: npm install --save-dev node@24\n',
  );
  process.exitCode = 2;
}

function fail(error: unknown): void {
  const text = error instanceof Error && error.stack !== undefined ? error.stack : String(error);
  process.stderr.write(
    `InternalError [OB001] omnibase could not be started: ${text}\nnext: install it again with npm\n`,
  );
  process.exitCode = 1;
}

launch();
