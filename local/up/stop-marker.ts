/**
 * Remembers that a person stopped the stack: then a registry command does not start it again behind their
 * back (stages.md 6.1). `up` forgets it.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OmniPaths } from '../paths.ts';

export function markStoppedByUser(paths: OmniPaths): void {
  writeFileSync(marker(paths), `${new Date().toISOString()}\n`, { mode: 0o600 });
}

export function forgetStoppedByUser(paths: OmniPaths): void {
  rmSync(marker(paths), { force: true });
}

/** Whether the last thing that happened to this stack was `omnibase down`. */
export function wasStoppedByUser(paths: OmniPaths): boolean {
  return existsSync(marker(paths));
}

function marker(paths: OmniPaths): string {
  return join(paths.state_dir, 'stopped-by-user');
}
