/** What becomes of damage: broken lines are kept apart for whoever looks for the cause, a broken file is moved away. */
import { appendFile, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder, orAbsent, readText } from './folder.ts';
import type { CacheLocation } from './location.ts';

/** Adds lines to `components.quarantine.jsonl`, each once however often it is met. */
export async function quarantine({ quarantine: path }: CacheLocation, lines: readonly string[]): Promise<void> {
  const kept = new Set((await readText(path)).split('\n'));
  const fresh = [...new Set(lines)].filter((line) => !kept.has(line));
  if (fresh.length > 0) await appendFile(path, `${fresh.join('\n')}\n`, { mode: 0o600 });
}

export async function countQuarantined({ quarantine: path }: CacheLocation): Promise<number> {
  return (await readText(path)).split('\n').filter((line) => line !== '').length;
}

/** Moves a damaged file to `components.corrupt-<time>.jsonl`, unless another one has taken its place. Needs the lock. */
export async function setAside({ components, directory }: CacheLocation, damaged: Buffer): Promise<void> {
  const now = await orAbsent(readFile(components));
  if (now === null || !now.equals(damaged)) return;
  const time = new Date().toISOString().replaceAll(/[^0-9]/g, '');
  await rename(components, join(directory, `components.corrupt-${time}.jsonl`));
}

export async function wasSetAside({ directory }: CacheLocation): Promise<boolean> {
  return (await listFolder(directory)).some(isSetAside);
}

/** After the file was rebuilt. */
export async function forgetSetAside({ directory }: CacheLocation): Promise<void> {
  const names = (await listFolder(directory)).filter(isSetAside);
  await Promise.all(names.map((name) => rm(join(directory, name), { force: true })));
}

function isSetAside(name: string): boolean {
  return /^components\.corrupt-\d+\.jsonl$/.test(name);
}
