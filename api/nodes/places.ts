/** A fixed number of places for work of one kind: who finds none is told to come back. */
import { overloaded } from '../ingest/micro-batcher.ts';

export interface Places {
  /** @throws ND014 when all places are taken */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** @param what names the work in the refusal, in the plural */
export function createPlaces(count: number, what: string): Places {
  let taken = 0;
  return {
    async run(work) {
      if (taken >= count) throw overloaded(what);
      taken += 1;
      try {
        return await work();
      } finally {
        taken -= 1;
      }
    },
  };
}
