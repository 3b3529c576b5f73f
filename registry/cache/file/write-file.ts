/** The two ways `components.jsonl` changes: replaced as a whole, or lines appended. Both under the lock. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { orAbsent } from './folder.ts';

/** Makes the folder, readable by its owner only. */
export async function ensureFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

/**
 * Replaces a file so that a crash at any moment leaves the old or the new one: temporary file, fsync, rename, fsync of
 * the folder.
 */
export async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes temporary files that killed writers left behind. Only the holder of the lock has one of its own. */
export async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(directory);
  await Promise.all(
    names
      .filter((name) => name.startsWith('components.jsonl.') && name.endsWith('.tmp'))
      .map((name) => rm(join(directory, name), { force: true })),
  );
}

/** `appended` tells how long the file is now; `unusable`: there is none, or its header was not accepted. */
export type AppendResult = { readonly kind: 'appended'; readonly size: number } | { readonly kind: 'unusable' };

/**
 * Appends whole lines in one write, after cutting off a last line that was never finished.
 * @param accepts looks at the header line; false leaves the file alone
 */
export async function appendLines(
  path: string,
  lines: string,
  accepts: (headerText: string) => boolean,
): Promise<AppendResult> {
  const file = await orAbsent(open(path, 'r+'));
  if (file === null) return { kind: 'unusable' };
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, longestHeader));
    await file.read(head, 0, head.length, 0);
    const end = head.indexOf(0x0a);
    if (end === -1 || !accepts(head.toString('utf8', 0, end))) return { kind: 'unusable' };
    const finished = await endOfLastLine(file, size);
    if (finished < size) await file.truncate(finished);
    const bytes = Buffer.from(lines);
    await file.write(bytes, 0, bytes.length, finished);
    return { kind: 'appended', size: finished + bytes.length };
  } finally {
    await file.close();
  }
}

/** A header has a fixed set of short members; it is some 300 bytes long. */
const longestHeader = 4096;
const step = 65_536;

async function endOfLastLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  for (let end = size; end > 0; end -= step) {
    const start = Math.max(0, end - step);
    const chunk = Buffer.alloc(end - start);
    await file.read(chunk, 0, chunk.length, start);
    const newline = chunk.lastIndexOf(0x0a);
    if (newline !== -1) return start + newline + 1;
  }
  return 0;
}
