/**
 * Keeps the content of `components.jsonl` in memory and follows the file: nothing is read while it did not change,
 * only the new lines when some were appended, everything when it was replaced.
 */
import { open } from 'node:fs/promises';
import { isErrno } from './folder.ts';
import { applyLines, type CacheState, readState } from './read-state.ts';

type FileHandle = Awaited<ReturnType<typeof open>>;

export type Followed =
  | {
      readonly kind: 'state';
      readonly state: CacheState /** Damaged lines met this time. */;
      readonly broken: readonly string[];
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'corrupt'; readonly reason: string; readonly bytes: Buffer };

export class FileFollower {
  readonly #path: string;
  #known: { readonly state: CacheState; readonly inode: bigint; readonly modified: bigint } | null = null;
  #reading: Promise<Followed> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** The content now. Concurrent callers share one reading, so lines are never applied twice. */
  read(): Promise<Followed> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** What the last reading found. */
  get state(): CacheState | null {
    return this.#known?.state ?? null;
  }

  async #read(): Promise<Followed> {
    let file: FileHandle;
    try {
      file = await open(this.#path, 'r');
    } catch (error) {
      this.#known = null;
      if (isErrno(error, 'ENOENT')) return { kind: 'absent' };
      throw error;
    }
    try {
      return (await this.#readOn(file)) ?? (await this.#readAnew(file));
    } finally {
      await file.close();
    }
  }

  /** Null when the file is another one than before. */
  async #readOn(file: FileHandle): Promise<Followed | null> {
    const known = this.#known;
    const { size, ino, mtimeNs } = await file.stat({ bigint: true });
    if (known === null || ino !== known.inode || Number(size) < known.state.size) return null;
    const { state } = known;
    if (mtimeNs === known.modified && Number(size) === state.size) return { kind: 'state', state, broken: [] };
    // An inode number is soon given to another file; the header is not.
    if (!(await startsWith(file, `${state.headerText}\n`))) return null;
    const seen = state.broken.length;
    applyLines(state, await readRange(file, state.size, Number(size)), { verify: true });
    this.#known = { state, inode: ino, modified: mtimeNs };
    return { kind: 'state', state, broken: state.broken.slice(seen) };
  }

  async #readAnew(file: FileHandle): Promise<Followed> {
    this.#known = null;
    const { ino, mtimeNs } = await file.stat({ bigint: true });
    const bytes = await file.readFile();
    const result = readState(bytes);
    if (result.kind === 'foreign') return { kind: 'absent' };
    if (result.kind === 'corrupt') return { ...result, bytes };
    this.#known = { state: result.state, inode: ino, modified: mtimeNs };
    return { ...result, broken: [...result.state.broken] };
  }
}

async function startsWith(file: FileHandle, text: string): Promise<boolean> {
  const expected = Buffer.from(text);
  return (await readRange(file, 0, expected.length)).equals(expected);
}

async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  return bytes.subarray(0, bytesRead);
}
