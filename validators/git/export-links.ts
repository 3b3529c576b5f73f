/**
 * Symbolic links of an export: made only where following them stays inside it (stages.md 4.2); the others are left
 * out and listed. The rule looks at the text alone: relative, first up and then only down, never above the root. Up
 * counts from a real folder, and down passes only folders and links that keep the rule themselves, so no chain of
 * links leads out, whatever exists.
 */
import { mkdir, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { StageSnapshot } from '../../contracts/stage.ts';
import { type ExportItem, type OmittedPath, placeOf, printable } from './export-items.ts';
import { openObjects } from './objects.ts';

/** Makes the links below `root`; answers those left out. */
export async function linkInside(
  snapshot: StageSnapshot,
  root: string,
  links: readonly ExportItem[],
): Promise<OmittedPath[]> {
  if (links.length === 0) return [];
  const objects = openObjects(snapshot);
  try {
    const omitted: OmittedPath[] = [];
    for (const { path, blob } of links) {
      const target = (await objects.readBlob(blob)).toString('latin1');
      const reason = staysInside(path, target)
        ? await makeLink(root, path, target)
        : 'a symbolic link that may lead outside the tree';
      if (reason !== null) omitted.push({ path: printable(path), reason });
    }
    return omitted;
  } finally {
    objects.release();
  }
}

/** Whether a link at `path` with this text keeps the rule. */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/');
  const down = parts.findIndex((part) => part !== '..' && part !== '.' && part !== '');
  if (down >= 0 && parts.slice(down).includes('..')) return false;
  const up = parts.filter((part) => part === '..').length;
  return up <= path.split('/').length - 1;
}

async function makeLink(root: string, path: string, target: string): Promise<string | null> {
  try {
    await mkdir(placeOf(root, posix.dirname(path)), { recursive: true });
    await symlink(Buffer.from(target, 'latin1'), placeOf(root, path));
    return null;
  } catch (error) {
    return `the link could not be made: ${error instanceof Error ? error.message : String(error)}`;
  }
}
