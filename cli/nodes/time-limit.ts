/** The end of commands that go on by themselves: Ctrl-C, or `--timeout`. */
import { OmniBaseError } from '../../contracts/error.ts';
import { type Interruption, interruptedExitCode, listenForInterruption } from '../interruption.ts';

export interface Ending {
  /** Fires with the interruption or the time-out. */
  readonly signal: AbortSignal;
  /** Resolves after so long, or at once when the end has come. */
  pause(ms: number): Promise<void>;
}

/**
 * Runs `work` until it returns, or the end comes.
 *
 * @param timeoutMs `--timeout`; undefined = none
 * @returns what `work` returns; 130 or 143 after an interruption
 * @throws OB016 (exit 124) when the time is up
 */
export async function untilEnded(
  timeoutMs: number | undefined,
  work: (ending: Ending) => Promise<number>,
  interruption: Interruption = listenForInterruption(),
): Promise<number> {
  const controller = new AbortController();
  const timeUp =
    timeoutMs === undefined
      ? null
      : new OmniBaseError('OB016', {
          message: `the time of --timeout is up after ${timeoutMs} ms`,
          details: { timeout_ms: timeoutMs },
          next: 'give it more time with --timeout, or leave it out to go on until Ctrl-C',
        });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(timeUp), timeoutMs);
  void interruption.first.then(() => controller.abort());
  const { signal } = controller;
  try {
    const code = await work({ signal, pause: (ms) => pauseUntil(ms, signal) });
    return signal.aborted ? endedBy(interruption, timeUp) : code;
  } catch (error) {
    if (!signal.aborted) throw error;
    return endedBy(interruption, timeUp);
  } finally {
    clearTimeout(timer);
    interruption.stop();
  }
}

function endedBy({ received }: Interruption, timeUp: OmniBaseError | null): number {
  if (received !== null) return interruptedExitCode(received);
  throw timeUp ?? new OmniBaseError('OB001');
}

/** Resolves after so long, or at once when the signal fires; never rejects. */
export function pauseUntil(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = setTimeout(resolve, ms);
  const stop = (): void => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener('abort', stop, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', stop));
}
