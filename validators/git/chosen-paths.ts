/**
 * The paths a caller chose with `--files`: read as relative to the caller's directory, checked against the
 * target tree, a folder standing for what it holds. Choosing paths never changes where content is read from.
 */
import { posix } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import { git } from './process.ts';
import type { GitPlace } from './revisions.ts';

/**
 * The chosen paths relative to the root, sorted, without repetition.
 *
 * @throws OmniBaseError OR015 listing each path that is absolute, outside, or not in the target tree.
 */
export async function choosePaths(
  place: GitPlace,
  tree: string,
  prefix: string,
  chosen: readonly string[],
): Promise<string[]> {
  const listing = await git({ args: ['ls-tree', '-r', '-z', '--name-only', '--full-tree', tree], ...place });
  const files = listing.toString('utf8').split('\0').slice(0, -1);
  const known = new Set(files);
  const rejected: string[] = [];
  const accepted = new Set<string>();
  for (const given of chosen) {
    const path = posix.normalize(posix.join(prefix, given)).replace(/\/$/, '');
    const below = known.has(path) ? [path] : files.filter((file) => path === '.' || file.startsWith(`${path}/`));
    if (given === '' || given.startsWith('/') || below.length === 0) rejected.push(given);
    else for (const file of below) accepted.add(file);
  }
  if (rejected.length > 0) throw new OmniBaseError('OR015', { details: { paths: rejected.slice(0, 100) } });
  return [...accepted].sort();
}
