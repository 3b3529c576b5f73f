/** Whose turn it is: places are given first come, first served, over all jobs. */
export interface Turns<Place> {
  /**
   * Waits for a free place and holds it while `work` runs.
   *
   * @throws the reason of the signal when it ends the wait
   */
  take<T>(signal: AbortSignal, work: (place: Place) => Promise<T>): Promise<T>;
}

export function createTurns<Place>(places: readonly Place[]): Turns<Place> {
  const free = [...places];
  const waiting: ((place: Place) => void)[] = [];

  function release(place: Place): void {
    const next = waiting.shift();
    if (next === undefined) free.push(place);
    else next(place);
  }

  function acquire(signal: AbortSignal): Promise<Place> {
    const place = free.shift();
    if (place !== undefined) return Promise.resolve(place);
    return new Promise((resolve, reject) => {
      const onPlace = (given: Place) => {
        signal.removeEventListener('abort', onAbort);
        resolve(given);
      };
      const onAbort = () => {
        waiting.splice(waiting.indexOf(onPlace), 1);
        reject(signal.reason);
      };
      waiting.push(onPlace);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  return {
    async take(signal, work) {
      signal.throwIfAborted();
      const place = await acquire(signal);
      try {
        return await work(place);
      } finally {
        release(place);
      }
    },
  };
}
