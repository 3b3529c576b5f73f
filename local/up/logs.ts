/** Reads the logs of the stack, and follows them through rotation. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { OmniPaths } from '../paths.ts';
import { isErrno } from '../processes/identity.ts';

const logParts = ['postgres', 'temporal', 'serve', 'supervisor'] as const;
type LogPart = (typeof logParts)[number];

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
  const lines = options.lines ?? 100;
  for (const reader of readers) {
    const tail = reader.read();
    yield* tail.slice(Math.max(0, tail.length - lines));
  }
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
  let decoder = new StringDecoder('utf8');
  return {
    read() {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats === undefined) return [];
      const isFirst = position === -1;
      // Renamed by rotation: a new file begins.
      if (isFirst || stats.ino !== inode || stats.size < position) {
        position = isFirst ? Math.max(0, stats.size - tailBytes) : 0;
        inode = stats.ino;
        rest = '';
        decoder = new StringDecoder('utf8');
      }
      const begins = position;
      const bytes = readFrom(path, position);
      position += bytes.length;
      const lines = (rest + decoder.write(bytes)).split('\n');
      rest = lines.pop() ?? '';
      // The tail may begin in the middle of a line.
      if (isFirst && begins > 0) lines.shift();
      return lines.map((text) => ({ part, text }));
    },
  };
}

function readFrom(path: string, position: number): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return Buffer.alloc(0);
    throw error;
  }
  try {
    const buffer = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - position));
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, position));
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
