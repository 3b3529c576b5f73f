/**
 * Loose objects, read without git. What was just staged lies in files of its own, and 200 of them are read here in
 * 5 ms, where a kept `git cat-file` takes 13: it writes each header and each content by itself into a pipe. Anything
 * out of the ordinary (packed, large, not a blob, damaged) is left to git.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';

/** Above this the answer comes from git, streamed: compressed and inflated bytes. */
const maxPackedBytes = 1024 * 1024;
const maxBytes = 8 * 1024 * 1024;

/** The content of a blob that lies loose in one of the directories, else null. */
export function readLooseBlob(objectDirectories: readonly string[], oid: string): Buffer | null {
  for (const directory of objectDirectories) {
    const packed = readSmallFile(join(directory, oid.slice(0, 2), oid.slice(2)));
    if (packed !== null) return contentOf(packed);
  }
  return null;
}

/** `blob <size>NUL<content>`; null unless it is exactly that. */
function contentOf(packed: Buffer): Buffer | null {
  try {
    const bytes = inflateSync(packed, { maxOutputLength: maxBytes });
    const end = bytes.indexOf(0);
    const header = /^blob (\d+)$/.exec(bytes.toString('latin1', 0, Math.min(end, 32)));
    const content = bytes.subarray(end + 1);
    return header !== null && Number(header[1]) === content.length ? content : null;
  } catch {
    // Damaged or too large when inflated: git says which.
    return null;
  }
}

function readSmallFile(path: string): Buffer | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    // Not here, or not readable: the next directory, then git.
    return null;
  }
  try {
    const bytes = Buffer.allocUnsafe(Math.min(fstatSync(file).size, maxPackedBytes + 1));
    return bytes.length <= maxPackedBytes && readSync(file, bytes) === bytes.length ? bytes : null;
  } finally {
    closeSync(file);
  }
}

/** The object directories of a git directory: its own (that of the shared one in a linked worktree), then `extra`. */
export async function objectDirectoriesOf(gitDir: string, extra: readonly string[]): Promise<string[]> {
  const shared = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => '.');
  const own = join(resolve(gitDir, shared.trim()), 'objects');
  return [own, ...extra];
}
