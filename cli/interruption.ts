/**
 * Ctrl-C and its relatives (stages.md 13): the first signal asks for an orderly end, the second ends the
 * process at once.
 */

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Where signals come from; a test brings its own. */
export interface SignalSource {
  on(signal: StopSignal, handler: () => void): unknown;
  off(signal: StopSignal, handler: () => void): unknown;
  exit(code: number): void;
}

export interface Interruption {
  /** The first signal, or null so far. */
  readonly received: StopSignal | null;
  /** Settles with the first signal; never rejects. */
  readonly first: Promise<StopSignal>;
  /** `work`, or null when a signal came first. */
  race<T>(work: Promise<T>): Promise<T | null>;
  stop(): void;
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C can arrive twice: from the terminal and from a launcher that passes it on. */
const sameSignalMs = 150;

/** 130 for SIGINT, 143 for SIGTERM and SIGHUP. */
export function interruptedExitCode(signal: StopSignal): number {
  return signal === 'SIGINT' ? 130 : 143;
}

/** Starts listening; `stop` must be called when the work is done. */
export function listenForInterruption(source: SignalSource = process): Interruption {
  const { promise: first, resolve } = Promise.withResolvers<StopSignal>();
  let received: StopSignal | null = null;
  let receivedAt = 0;
  const handlers = stopSignals.map((signal) => {
    const handler = (): void => {
      if (received === null) {
        received = signal;
        receivedAt = performance.now();
        resolve(signal);
      } else if (performance.now() - receivedAt > sameSignalMs) source.exit(interruptedExitCode(received));
    };
    source.on(signal, handler);
    return { signal, handler };
  });
  return {
    get received() {
      return received;
    },
    first,
    async race(work) {
      const winner = await Promise.race([work.then((value) => ({ value })), first]);
      return typeof winner === 'string' ? null : winner.value;
    },
    stop() {
      for (const { signal, handler } of handlers) source.off(signal, handler);
    },
  };
}
