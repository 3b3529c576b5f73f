/** A log file that keeps itself small: at `maxBytes` it is renamed to `.1`, the former `.1` to `.2`. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { isErrno } from './identity.ts';

export interface RotatingLog {
  write(chunk: Buffer | string): void;
  close(): void;
}

export interface RotatingLogOptions {
  /** Default 5 MB. */
  readonly maxBytes?: number;
  /** Renamed files kept beside the current one, default 2. */
  readonly keep?: number;
}

/**
 * Opens a log for appending. Writes are synchronous: a supervisor that dies has written what it was given.
 * A full disk loses log lines, never the servers.
 */
export function openRotatingLog(path: string, options: RotatingLogOptions = {}): RotatingLog {
  const maxBytes = options.maxBytes ?? 5_000_000;
  const keep = options.keep ?? 2;
  let descriptor = openSync(path, 'a', 0o600);
  let size = fstatSync(descriptor).size;

  function rotate(): void {
    closeSync(descriptor);
    for (let index = keep; index >= 1; index -= 1) {
      moveIfThere(index === 1 ? path : `${path}.${index - 1}`, `${path}.${index}`);
    }
    descriptor = openSync(path, 'a', 0o600);
    size = 0;
  }

  return {
    write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      try {
        if (size > 0 && size + bytes.length > maxBytes) rotate();
        size += writeSync(descriptor, bytes);
      } catch (error) {
        if (!(isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT'))) throw error;
      }
    },
    close: () => closeSync(descriptor),
  };
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
