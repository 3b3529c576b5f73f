/** Shorthands for tests of the git layer: a snapshot of a test repository and a readable form of its entries. */
import type { StageEntry, StageSnapshot } from '../../../../contracts/stage.ts';
import { type SnapshotRequest, listEntries, takeSnapshot } from '../../../../validators/git/index.ts';
import type { TestRepository } from '../../../support/git.ts';

export function snapshotOf(repository: TestRepository, request: Partial<SnapshotRequest> = {}): Promise<StageSnapshot> {
  const { directory, environment } = repository;
  return takeSnapshot({ directory, environment, stage: 'pre-commit', ...request });
}

export async function entriesOf(
  repository: TestRepository,
  request: Partial<SnapshotRequest> = {},
): Promise<readonly StageEntry[]> {
  return (await listEntries(await snapshotOf(repository, request))).entries;
}

/** `modified a.txt`, `renamed a.txt -> b.txt`. */
export function inShort(entries: readonly StageEntry[]): string[] {
  return entries.map(({ status, path, previous_path }) =>
    previous_path === undefined ? `${status} ${path}` : `${status} ${previous_path} -> ${path}`,
  );
}
