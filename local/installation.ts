/**
 * Where this installation of OmniBase is: its package folder, version and process entries. The same code runs
 * from the sources (`local/…ts`) and from bundles (`dist/…js`, `dist/chunks/…js`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Installation {
  /** The package folder. */
  readonly root: string;
  readonly version: string;
  /** Arguments after `node` that start the supervisor. */
  readonly supervisor: readonly string[];
  /** Arguments after `node` that start `serve`. */
  readonly serve: readonly string[];
}

let known: Installation | null = null;

/** The installation this module belongs to. Reads `package.json` once. */
export function installation(): Installation {
  known ??= locate(import.meta.filename);
  return known;
}

function locate(file: string): Installation {
  const root = packageRoot(dirname(file));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const entries = file.endsWith('.ts')
    ? { supervisor: 'local/supervisor.ts', serve: 'workers/serve-main.ts' }
    : { supervisor: 'dist/supervisor.js', serve: 'dist/serve.js' };
  return {
    root,
    version: manifest.version,
    supervisor: [join(root, entries.supervisor)],
    serve: [join(root, entries.serve)],
  };
}

function packageRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (dirname(directory) === directory) throw new Error(`no package.json above ${start}`);
  }
}
