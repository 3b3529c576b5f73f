/** Waiting for a wake-up or a poll: a ring that comes while nobody waits is kept for the next wait. */

export class WakeUp {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at once when it rang since the last wait, else at a ring, after `milliseconds`, or at the signal. */
  async wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (!this.#rung && signal?.aborted !== true) await this.#waitForRing(milliseconds, signal);
    this.#rung = false;
  }

  async #waitForRing(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    const timer = setTimeout(end, milliseconds);
    this.#wake = end;
    signal?.addEventListener('abort', end);
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    this.#wake = null;
  }
}
