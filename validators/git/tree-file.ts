/** Single files of a snapshot's target tree, such as the project's configuration. */
import type { StageSnapshot } from '../../contracts/stage.ts';
import { snapshotEnvironment } from './environment.ts';
import { type Objects, openObjects } from './objects.ts';
import { git } from './process.ts';
import { parseListing } from './raw-records.ts';

/**
 * The content of a file of the target tree; null when there is none at `path`. A symbolic link answers its text.
 *
 * @param path relative to the root of the repository
 */
export function readTreeFile(snapshot: StageSnapshot, path: string): Promise<Buffer | null> {
  return readFileOf(snapshot, snapshot.target_tree, path);
}

/** The same for the base tree, which decides about policy in a range; null without one. */
export async function readBaseFile(snapshot: StageSnapshot, path: string): Promise<Buffer | null> {
  return snapshot.base_tree === null ? null : readFileOf(snapshot, snapshot.base_tree, path);
}

async function readFileOf(snapshot: StageSnapshot, tree: string, path: string): Promise<Buffer | null> {
  const objects = openObjects(snapshot);
  try {
    const oid = path.includes('\n') ? await findInListing(snapshot, tree, path) : await findByName(objects, tree, path);
    return oid === null ? null : await objects.readBlob(oid);
  } finally {
    objects.release();
  }
}

async function findByName(objects: Objects, tree: string, path: string): Promise<string | null> {
  const [header] = await objects.headers([`${tree}:${path}`]);
  return header?.type === 'blob' ? header.oid : null;
}

/** A name with a line break cannot be asked for in one line. */
async function findInListing(snapshot: StageSnapshot, tree: string, path: string): Promise<string | null> {
  const args = ['ls-tree', '-r', '-z', '--full-tree', tree];
  const output = await git({ args, environment: snapshotEnvironment(snapshot) });
  const wanted = Buffer.from(path);
  return parseListing(output, 'unchanged').find((entry) => entry.path.equals(wanted))?.blob ?? null;
}
