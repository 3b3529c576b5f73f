/**
 * What a running child is doing, as one line: the last it wrote, free of secrets, at most ten times a second. A protocol
 * validator speaks through `progress` lines on standard output; everything else on that stream is its answer.
 */
import type { Redactor } from '../../findings/redact.ts';

const intervalMs = 100;
const longestLine = 200;

export interface ProgressReader {
  read(stream: 'stdout' | 'stderr', chunk: Buffer): void;
}

/** @param protocol whether standard output carries the answer of the protocol */
export function readProgress(emit: (line: string) => void, redact: Redactor, protocol: boolean): ProgressReader {
  let last = Number.NEGATIVE_INFINITY;
  return {
    read(stream, chunk) {
      const now = performance.now();
      if (now - last < intervalMs) return;
      const lines = chunk.toString('utf8').trimEnd().split('\n');
      const line = protocol && stream === 'stdout' ? lastProgress(lines) : lines.at(-1)?.trim();
      if (line === undefined || line === '') return;
      last = now;
      emit(redact(line).slice(0, longestLine));
    },
  };
}

function lastProgress(lines: readonly string[]): string | undefined {
  const line = lines.findLast((candidate) => candidate.includes('"progress"'));
  if (line === undefined) return undefined;
  try {
    const { text } = JSON.parse(line) as { text?: unknown };
    return typeof text === 'string' ? text.trim() : undefined;
  } catch (error) {
    // Half a line: the rest comes with the next chunk.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
