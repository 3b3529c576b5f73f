/**
 * Keeps a stream of events alive over breaks: when the connection is lost or the serving process restarts,
 * it dials again for some seconds and goes on where it stopped (stages.md 6.6).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, OmniBaseError } from '../../contracts/error.ts';
import type { StageEvent } from '../../contracts/stage.ts';
import { StreamMerger, type StreamPosition } from './merge-streams.ts';

/** One connection: who serves it, and its lines; null is a keep-alive. */
export interface DialedStream {
  readonly instance: string;
  readonly events: AsyncIterable<StageEvent | null>;
}

/** Opens a connection; `contacted` is false until some connection has been answered. */
export type Dial = (position: StreamPosition, contacted: boolean) => Promise<DialedStream>;

export interface ResumeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly afterSeq?: number | undefined;
  /** How long to dial after a break, ms. */
  readonly redialMs: number;
}

const pauseMs = 100;
/** A stream that lived this long was a good one: its end begins a new break. */
const longLivedMs = 1000;
/** Codes that may be gone when the process is back; OR030 because the run's row may come late. */
const passing: ReadonlySet<ErrorCode> = new Set(['OB010', 'OB015', 'OB016', 'OR030', 'RG016']);
/** Nobody was ever there: the caller starts the stack rather than waiting. */
const nobodyThere: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTFOUND']);

/**
 * Every event once, up to `run.finished`.
 *
 * @throws what the gateway refuses with; OB010 when it does not come back in time; the reason of `signal`
 */
export async function* resumeStream(dial: Dial, options: ResumeOptions): AsyncGenerator<StageEvent> {
  const merger = new StreamMerger(options.afterSeq);
  let contacted = false;
  /** Monotonic time at which the break that lasts began; null while the stream is well. */
  let brokenSince: number | null = null;
  for (;;) {
    const dialedAt = performance.now();
    let problem: unknown;
    try {
      const { instance, events } = await dial(merger.position, contacted);
      contacted = true;
      for await (const line of events) {
        const event = line === null ? null : merger.accept(line, instance);
        // A repeated event is no progress: a peer that only repeats itself must not keep us for ever.
        if (line === null || event !== null) brokenSince = null;
        if (event !== null) yield event;
        if (line?.type === 'run.finished') return;
      }
      problem = new OmniBaseError('OB010', { message: 'the event stream ended before the run' });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isPassing(error, contacted)) throw error;
      problem = error;
    }
    const now = performance.now();
    if (brokenSince === null || now - dialedAt > longLivedMs) brokenSince = now;
    if (now - brokenSince > options.redialMs) throw problem;
    await pause(options.signal);
  }
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await sleep(pauseMs, undefined, { signal }).catch((error: unknown) => {
    throw signal?.reason ?? error;
  });
}

function isPassing(error: unknown, contacted: boolean): boolean {
  if (!(error instanceof OmniBaseError)) return false;
  if (contacted) return passing.has(error.code);
  // Before the first answer only a connection that broke under the request is worth another attempt.
  const reason = error.details?.['reason'];
  return error.code === 'OB010' && reason !== undefined && !nobodyThere.has(reason);
}
