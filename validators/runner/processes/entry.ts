/** Where the process and thread entries are: `.ts` siblings in the sources, `<name>.js` in the built folder. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * Path of an entry such as `reaper`.
 *
 * @param directory folder of the built entries; without it the folder of this file, or one above when this code was
 * split into a chunk
 */
export function entryPath(name: string, directory?: string): string {
  if (directory !== undefined) return path.join(directory, `${name}.js`);
  const here = import.meta.dirname;
  const candidates = [
    path.join(here, '..', `${name}.ts`),
    path.join(here, `${name}.js`),
    path.join(here, '..', `${name}.js`),
  ];
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`no entry ${name} beside ${here}: build with \`npm run build\``);
  return found;
}
