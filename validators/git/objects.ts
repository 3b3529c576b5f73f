/**
 * The objects of a repository as the host worker reads them: blobs by id, sizes and ids of names, differences of
 * trees. Each repository has one set of kept git processes, shared by all runs and closed after a minute of rest;
 * small blobs stay in memory between planning and execution, so each is read once. Content never changes under
 * its id, hence one memory for all repositories.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { StageSnapshot } from '../../contracts/stage.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { snapshotEnvironment } from './environment.ts';
import { type AnswerReader, type KeptGit, keepGit } from './kept-process.ts';
import { objectDirectoriesOf, readLooseBlob } from './loose-objects.ts';

export type Repository = Pick<StageSnapshot, 'git_dir' | 'object_directories'>;

interface ObjectHeader {
  readonly oid: string;
  readonly type: string;
  readonly size: number;
}

export interface Objects {
  /** A blob's content. @throws OmniBaseError OR014 when it is missing. */
  readBlob(oid: string): Promise<Buffer>;
  /** The same if it is at hand without asking git: in memory, or a small loose object; else null. */
  peekBlob(oid: string): Promise<Buffer | null>;
  /** The object behind each name (`<oid>`, `<tree>:<path>`), null where there is none. No name holds a line break. */
  headers(names: readonly string[]): Promise<(ObjectHeader | null)[]>;
  /** `git diff-tree -r -z --raw -M` of two trees. @throws OmniBaseError OR014 when one is missing. */
  difference(baseTree: string, targetTree: string): Promise<Buffer>;
  /** Gives the share back; the processes end when nobody has used them for a minute. */
  release(): void;
}

interface Shared {
  readonly batch: KeptGit;
  readonly check: KeptGit;
  readonly diff: KeptGit;
  readonly directories: Promise<string[]>;
  users: number;
  timer: NodeJS.Timeout | null;
}

const restMs = 60_000;
const blobMemoryBytes = 64 * 1024 * 1024;
/** After so many loose files in one go, others get their turn. */
const looseAtOnce = 64;

const open = new Map<string, Shared>();
const blobs = new LRUCache<string, Buffer>({
  maxSize: blobMemoryBytes,
  maxEntrySize: blobMemoryBytes / 16,
  sizeCalculation: (bytes) => bytes.length + 200,
});

/** Takes a share in the kept processes of a repository. */
export function openObjects(repository: Repository): Objects {
  const key = JSON.stringify([repository.git_dir, repository.object_directories]);
  const shared = open.get(key) ?? prepare(repository);
  open.set(key, shared);
  shared.users += 1;
  if (shared.timer !== null) clearTimeout(shared.timer);
  let released = false;
  return {
    readBlob: (oid) => readBlob(shared, oid),
    peekBlob: (oid) => peekBlob(shared, oid),
    headers: (names) => Promise.all(names.map((name) => shared.check.ask(`${name}\n`, readHeader))),
    difference: (base, target) => readDifference(shared, base, target),
    release() {
      if (released) return;
      released = true;
      shared.users -= 1;
      if (shared.users === 0) shared.timer = setTimeout(() => close(key, shared), restMs).unref();
    },
  };
}

/** Ends every kept process at once and forgets all content; for shutdown. */
export function closeObjects(): void {
  for (const [key, shared] of open) close(key, shared);
  blobs.clear();
}

function prepare(repository: Repository): Shared {
  const environment = snapshotEnvironment(repository);
  const diffTree = ['diff-tree', '--stdin', '-r', '-z', '--raw', '-M50%', '-l1000', '--full-index', '--no-ext-diff'];
  return {
    batch: keepGit(['cat-file', '--batch'], environment),
    check: keepGit(['cat-file', '--batch-check'], environment),
    diff: keepGit([...diffTree, '--ignore-submodules=none'], environment),
    directories: objectDirectoriesOf(repository.git_dir, repository.object_directories),
    users: 0,
    timer: null,
  };
}

function close(key: string, shared: Shared): void {
  if (shared.timer !== null) clearTimeout(shared.timer);
  if (open.get(key) === shared) open.delete(key);
  for (const kept of [shared.batch, shared.check, shared.diff]) kept.close();
}

async function readBlob(shared: Shared, oid: string): Promise<Buffer> {
  const near = await peekBlob(shared, oid);
  if (near !== null) return near;
  const content = await shared.batch.ask(`${oid}\n`, readBatchAnswer);
  if (content === null) throw new OmniBaseError('OR014', { details: { oid, path: 'the snapshot' } });
  blobs.set(oid, content);
  return content;
}

let looseReads = 0;

async function peekBlob(shared: Shared, oid: string): Promise<Buffer | null> {
  const known = blobs.get(oid);
  if (known !== undefined) return known;
  const directories = await shared.directories;
  looseReads += 1;
  if (looseReads % looseAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
  const content = readLooseBlob(directories, oid);
  if (content !== null) blobs.set(oid, content);
  return content;
}

async function readDifference(shared: Shared, base: string, target: string): Promise<Buffer> {
  const mark = `#${randomBytes(12).toString('hex')}`;
  const difference = await shared.diff.ask(`${base} ${target}\n${mark}\n`, differenceReader(mark));
  if (difference === null) throw new OmniBaseError('OR014', { details: { oid: target, path: 'the snapshot' } });
  return difference;
}

const newline = 0x0a;
const headerPattern = /^([0-9a-f]{40}(?:[0-9a-f]{24})?) (\w+) (\d+)$/;

/** `<oid> <type> <size>`, or `<name> missing`. */
const readHeader: AnswerReader<ObjectHeader | null> = (arrived) => {
  const end = arrived.indexOf(newline);
  if (end < 0) return { need: arrived.length + 1 };
  const [, oid, type, size] = headerPattern.exec(arrived.toString('latin1', 0, end)) ?? [];
  return { value: oid && type ? { oid, type, size: Number(size) } : null, used: end + 1 };
};

/** A header line, the content, a line break. */
const readBatchAnswer: AnswerReader<Buffer | null> = (arrived) => {
  const end = arrived.indexOf(newline);
  if (end < 0) return { need: arrived.length + 1 };
  const header = headerPattern.exec(arrived.toString('latin1', 0, end));
  if (header === null) return { value: null, used: end + 1 };
  const total = end + 1 + Number(header[3]) + 1;
  if (arrived.length < total) return { need: total };
  // A copy: the arrived bytes hold other answers too and would stay in memory with it.
  return { value: Buffer.from(arrived.subarray(end + 1, total - 1)), used: total };
};

/**
 * Reads one difference up to its end mark. A line that is no object id is echoed and flushed, which marks the end of
 * what came before; the mark is random, so that no file name can look like it.
 */
function differenceReader(mark: string): AnswerReader<Buffer | null> {
  const markBytes = Buffer.from(`${mark}\n`);
  return (arrived) => {
    if (!arrived.subarray(-markBytes.length).equals(markBytes)) return { need: arrived.length + 1 };
    const end = arrived.length - markBytes.length;
    // Without a header line git did not know one of the trees.
    if (end === 0) return { value: null, used: arrived.length };
    return { value: Buffer.from(arrived.subarray(arrived.indexOf(newline) + 1, end)), used: arrived.length };
  };
}
