/** Cuts a sorted list of files into batches (stages.md 4.4). Boundaries depend on the files only. */
import { runLimits } from '../limits.ts';

/** What one batch may hold. */
export interface BatchLimits {
  readonly files: number;
  readonly bytes: number;
  /** Bytes of file names; infinite where they are not passed on a command line. */
  readonly argvBytes: number;
}

export interface FileSize {
  /** Index into the entries of the plan. */
  readonly index: number;
  readonly bytes: number;
  readonly argvBytes: number;
}

/** The operating system's own limit is 128 KiB per argument and 1 MiB or more in all, environment included. */
const maxArgvFactor = 8;

/** Limits of a batch, `factor` times the normal ones so that a huge run still has few steps. */
export function batchLimits(factor: number, onCommandLine: boolean): BatchLimits {
  return {
    files: runLimits.batchFiles * factor,
    bytes: runLimits.batchBytes * factor,
    argvBytes: onCommandLine ? runLimits.batchArgvBytes * Math.min(factor, maxArgvFactor) : Number.POSITIVE_INFINITY,
  };
}

/** Consecutive batches within the limits; a file above a limit by itself gets its own batch. */
export function cutBatches(files: readonly FileSize[], limits: BatchLimits): readonly (readonly number[])[] {
  const batches: number[][] = [];
  let current: number[] = [];
  let bytes = 0;
  let argvBytes = 0;
  for (const file of files) {
    bytes += file.bytes;
    argvBytes += file.argvBytes;
    const full = current.length >= limits.files || bytes > limits.bytes || argvBytes > limits.argvBytes;
    if (full && current.length > 0) {
      batches.push(current);
      current = [];
      bytes = file.bytes;
      argvBytes = file.argvBytes;
    }
    current.push(file.index);
  }
  return current.length === 0 ? batches : [...batches, current];
}
