/**
 * The entries of a snapshot: what was added, changed, renamed or deleted between its trees, or every path of the
 * target, with sizes and types (stages.md 4.1-4.3). Small blobs that are read here to see what they are stay in
 * memory for the checks that follow.
 */
import { isUtf8 } from 'node:buffer';
import { LRUCache } from 'lru-cache';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StageEntry, StageSnapshot } from '../../contracts/stage.ts';
import {
  type ContentSniff,
  type FileAttributes,
  sniffContent,
  sniffedBytes,
  tooLargeTypes,
  typesOf,
} from '../../domain/stage/file-types.ts';
import { readAttributes } from './attributes.ts';
import { snapshotEnvironment } from './environment.ts';
import { type Objects, openObjects } from './objects.ts';
import { git } from './process.ts';
import { type RawEntry, kindOf, parseDifference, parseListing } from './raw-records.ts';

export interface EntryLimits {
  /** Largest file whose content anything reads, KiB (`inputs.max_file_kib`). */
  readonly maxFileKib: number;
}

export const defaultEntryLimits: EntryLimits = { maxFileKib: 5120 };

export interface EntryList {
  /** Sorted by path bytes; those too large are among them, with types that no reader of content asks for. */
  readonly entries: readonly StageEntry[];
  /** Paths of files above the limit. */
  readonly too_large: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Lists what a snapshot delivers.
 *
 * @throws OmniBaseError OR014 when an object of the snapshot is missing, OR010 when git cannot read the repository.
 */
export async function listEntries(
  snapshot: StageSnapshot,
  limits: EntryLimits = defaultEntryLimits,
): Promise<EntryList> {
  const objects = openObjects(snapshot);
  try {
    const raw = (await readRaw(snapshot, objects)).sort((a, b) => a.path.compare(b.path));
    const present = raw.filter(({ status }) => status !== 'deleted');
    const [looks, attributes] = await Promise.all([
      Promise.all(raw.map((entry) => look(entry, objects, limits))),
      readAttributes(
        snapshot,
        objects,
        snapshot.target_tree,
        present.map(({ path }) => path),
      ),
    ]);
    const entries = raw.map((entry, index) => describe(entry, looks[index] ?? unseen, attributes));
    const too_large = entries.filter((_, index) => looks[index]?.tooLarge).map(({ path }) => path);
    return { entries, too_large, warnings: [] };
  } finally {
    objects.release();
  }
}

async function readRaw(snapshot: StageSnapshot, objects: Objects): Promise<RawEntry[]> {
  const { base_tree, target_tree, merge_trees, paths } = snapshot;
  const changes = base_tree === null ? [] : parseDifference(await objects.difference(base_tree, target_tree));
  if (paths !== null) return chooseEntries(await listTree(snapshot), changes, paths);
  if (base_tree === null) return listTree(snapshot);
  // In a merge, what equals one of the parents was checked when that parent was made.
  let entries = changes;
  for (const tree of merge_trees) {
    const other = parseDifference(await objects.difference(tree, target_tree));
    const differing = new Set(other.map(({ path }) => path.toString('latin1')));
    entries = entries.filter(({ path }) => differing.has(path.toString('latin1')));
  }
  return entries;
}

/** Every path of the target; before the first commit all of them are new. */
async function listTree(snapshot: StageSnapshot): Promise<RawEntry[]> {
  const args = ['ls-tree', '-r', '-z', '--full-tree', snapshot.target_tree];
  const output = await git({ args, environment: snapshotEnvironment(snapshot) });
  const firstCommit = snapshot.head === null && snapshot.source !== 'tree';
  return parseListing(output, firstCommit ? 'added' : 'unchanged');
}

/** Chosen paths keep their change, if they have one. */
function chooseEntries(all: readonly RawEntry[], changes: readonly RawEntry[], paths: readonly string[]): RawEntry[] {
  const chosen = new Set(paths);
  const changed = new Map(changes.map((entry) => [entry.path.toString('latin1'), entry]));
  return all
    .filter(({ path }) => chosen.has(path.toString('utf8')))
    .map((entry) => changed.get(entry.path.toString('latin1')) ?? entry);
}

/** What is known of an entry's content. */
interface Look {
  readonly size: number;
  readonly sniff: ContentSniff | null;
  readonly tooLarge: boolean;
}

const unseen: Look = { size: 0, sniff: null, tooLarge: false };

/** What blobs look like, by id: nothing ever changes it, and a second run needs not read them. */
const looksByBlob = new LRUCache<string, Pick<Look, 'size' | 'sniff'>>({ max: 100_000 });

async function look(entry: RawEntry, objects: Objects, limits: EntryLimits): Promise<Look> {
  if (entry.status === 'deleted' || kindOf(entry.mode) === 'gitlink') return unseen;
  const limit = limits.maxFileKib * 1024;
  const known = looksByBlob.get(entry.blob);
  if (known !== undefined) return { ...known, tooLarge: known.size > limit };
  const near = await objects.peekBlob(entry.blob);
  const size = near?.length ?? (await sizeOf(entry, objects));
  if (size > limit) return { size, sniff: null, tooLarge: true };
  const content = near ?? (await objects.readBlob(entry.blob));
  const sniff = sniffContent(content.subarray(0, sniffedBytes));
  looksByBlob.set(entry.blob, { size, sniff });
  return { size, sniff, tooLarge: false };
}

async function sizeOf(entry: RawEntry, objects: Objects): Promise<number> {
  const [header] = await objects.headers([entry.blob]);
  if (header) return header.size;
  throw new OmniBaseError('OR014', { details: { oid: entry.blob, path: entry.path.toString('utf8') } });
}

function describe(raw: RawEntry, look: Look, attributes: ReadonlyMap<string, FileAttributes>): StageEntry {
  const path = raw.path.toString('utf8');
  const kind = kindOf(raw.mode);
  const types = look.tooLarge
    ? tooLargeTypes
    : typesOf({ path, kind, sniff: look.sniff, attributes: attributes.get(raw.path.toString('latin1')) ?? null });
  return {
    path,
    ...(isUtf8(raw.path) ? {} : { path_bytes: raw.path.toString('base64') }),
    status: raw.status,
    ...(raw.previousPath === null ? {} : { previous_path: raw.previousPath.toString('utf8') }),
    mode: raw.mode,
    kind,
    blob: raw.blob,
    ...(raw.previousBlob === null ? {} : { previous_blob: raw.previousBlob }),
    size: look.size,
    types,
  };
}
