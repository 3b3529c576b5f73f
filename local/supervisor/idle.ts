/**
 * Stops a stack that nobody uses (`stack.idle_stop`). Use is whatever moves a figure of `serve`: a request,
 * a step of a run. The questions of health checks and scrapers do not count.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestOverSocket } from '../processes/socket-request.ts';

export interface IdleOptions {
  readonly socketPath: string;
  readonly idleMs: number;
  /** Default a tenth of `idleMs`, at most a minute. */
  readonly intervalMs?: number;
  readonly signal: AbortSignal;
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `8h` in ms; null for `off`. The schema of the configuration has checked the form. */
export function idleMilliseconds(text: string): number | null {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? null : Number(count) * unitMs[unit as keyof typeof unitMs];
}

/** What `/metrics` says about use, as one mark: two equal marks mean that nothing was done in between. */
export function usageMark(metrics: string): string {
  const lines = metrics
    .split('\n')
    .filter(
      (line) => line.startsWith('omnibase_') && !/route="\/(healthz|readyz|metrics|api\/v1\/handshake)"/.test(line),
    );
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** Ends when the stack was idle for `idleMs` (true), or when the signal comes (false). */
export async function untilIdle(options: IdleOptions): Promise<boolean> {
  const intervalMs = options.intervalMs ?? Math.min(60_000, Math.ceil(options.idleMs / 10));
  let mark: string | null = null;
  let unchangedSince = performance.now();
  while (!options.signal.aborted) {
    const answer = await requestOverSocket({ socketPath: options.socketPath, path: '/metrics', timeoutMs: 5_000 });
    const current = answer?.status === 200 ? usageMark(answer.body) : null;
    // A part that does not answer is not idle: somebody may be waiting for it.
    if (current === null || current !== mark) unchangedSince = performance.now();
    mark = current;
    if (performance.now() - unchangedSince >= options.idleMs) return true;
    await sleep(intervalMs, undefined, { signal: options.signal, ref: false }).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    });
  }
  return false;
}
