/**
 * Removes what the stack keeps: database, engine history, logs, ports, passwords. Only names of our own are
 * removed, so a state directory that was pointed at a folder with other things in it loses none of them.
 */
import { readdirSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OmniPaths } from '../paths.ts';
import { removePlacement } from '../postgres/placement.ts';
import { isErrno } from '../processes/identity.ts';

const ownNames = [
  /^postgres(\.password|\.json)?$/,
  /^temporal\.(db(-shm|-wal)?|toml|attributes)$/,
  /^(ports|parts)\.json$/,
  /^host-id$/,
  /^stopped-by-user$/,
  /^supervisor\.lock\.\d+$/,
  /^(api|control)\.sock$/,
  /^logs$/,
  /^pg$/,
  // Written by `serve`: its child processes, for its reaper.
  /^children$/,
];

/** The caller has ended the stack. */
export async function purge(paths: OmniPaths): Promise<void> {
  await removePlacement(paths.state_dir);
  for (const directory of new Set([paths.state_dir, paths.socket_dir])) {
    for (const name of entries(directory)) {
      if (ownNames.some((pattern) => pattern.test(name)))
        await rm(join(directory, name), { recursive: true, force: true });
    }
    removeIfEmpty(directory);
  }
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EBUSY', 'EACCES', 'EPERM'].some((code) => isErrno(error, code))) throw error;
  }
}
