/** Reads the logs of the stack, and follows them through rotation. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { OmniPaths } from '../paths.ts';
import { isErrno } from '../processes/identity.ts';

export const logParts = ['postgres', 'temporal', 'serve', 'supervisor'] as const;
export type LogPart = (typeof logParts)[number];

export interface LogLine {
  readonly part: LogPart;
  readonly text: string;
}

export interface ReadLogsOptions {
  /** Default all parts. The roles `control`, `host` and `api` share the log of `serve`. */
  readonly part?: string;
  /** Goes on until `signal` aborts; default false. */
  readonly follow?: boolean;
  /** Lines from the end of each part, default 100. */
  readonly lines?: number;
  readonly signal?: AbortSignal;
}

const pollMs = 200;
const tailBytes = 1_000_000;

/**
 * The last lines of each part, then, with `follow`, what is written from now on. Parts are not merged by
 * time: they have different formats.
 *
 * @throws OB002 for an unknown part
 */
export async function* followLogs(paths: OmniPaths, options: ReadLogsOptions): AsyncGenerator<LogLine> {
  const parts = options.part === undefined ? logParts : [partOf(options.part)];
  const readers = parts.map((part) => openReader(part, join(paths.log_dir, `${part}.log`)));
  for (const reader of readers) yield* reader.read().slice(-(options.lines ?? 100));
  while (options.follow === true && options.signal?.aborted !== true) {
    await pause(options.signal);
    for (const reader of readers) yield* reader.read();
  }
}

function partOf(name: string): LogPart {
  const known = ['control', 'host', 'api'].includes(name) ? 'serve' : logParts.find((part) => part === name);
  if (known !== undefined) return known;
  throw new OmniBaseError('OB002', {
    message: `there is no log of ${name}`,
    next: `one of: ${[...logParts, 'control', 'host', 'api'].join(', ')}`,
    details: { part: name },
  });
}

interface Reader {
  /** Complete lines written since the last call. */
  read(): LogLine[];
}

function openReader(part: LogPart, path: string): Reader {
  let inode = 0;
  let position = -1;
  let rest = '';
  return {
    read() {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats === undefined) return [];
      // Renamed by rotation: a new file begins.
      if (stats.ino !== inode || stats.size < position) {
        position = position === -1 ? Math.max(0, stats.size - tailBytes) : 0;
        inode = stats.ino;
      }
      const { text, end } = readFrom(path, position);
      position = end;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      return lines.map((line) => ({ part, text: line }));
    },
  };
}

function readFrom(path: string, position: number): { readonly text: string; readonly end: number } {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { text: '', end: 0 };
    throw error;
  }
  try {
    const buffer = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - position));
    const count = readSync(descriptor, buffer, 0, buffer.length, position);
    return { text: buffer.toString('utf8', 0, count), end: position + count };
  } finally {
    closeSync(descriptor);
  }
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
  }
}
