/**
 * Removes a folder whatever is in it. Exports are read-only folders, and a command may have made such folders in its
 * scratch; nobody but root can empty those before they are opened. They are opened first: a removal that fails half-way
 * goes on in the background and would race with whatever comes next.
 */
import { chmod, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Removes `folder`; a folder that is not there is fine. */
export async function removeTree(folder: string): Promise<void> {
  await openFolders(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 2 });
}

/** Gives the owner every right on the folders; symbolic links are not followed. */
async function openFolders(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o700);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await openFolders(path.join(folder, entry.name));
  } catch (error) {
    // Gone meanwhile, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
