/** A fleet of nodes that beat, as clients do: each at the interval it was told last, one request per beat. */
import type { HeartbeatAnswer } from '../../contracts/node/answers.ts';
import type { NodesApi } from '../../contracts/node/api.ts';
import { beatOf, call } from './nodes.ts';

export interface BeatingFleet {
  /** Lets a node beat from now on, first after `inMs`. */
  add(index: number, inMs: number): void;
  /** These never beat again; resolves when no beat of theirs is under way. */
  kill(indexes: ReadonlySet<number>): Promise<void>;
  /** What was measured since the last call. */
  take(): Beating;
  /** Stops all and waits for what is under way. */
  stop(): Promise<void>;
}

export interface Beating {
  /** From the request to its answer, ms. */
  readonly answered: readonly number[];
  /** Answers other than `accepted` with next `heartbeat`, and errors by code → how often. */
  readonly oddities: ReadonlyMap<string, number>;
}

/** After a beat that failed, ms: soon enough for several tries in a window. */
const retryMs = 5_000;

export function beatingFleet(nodes: NodesApi, domain: string): BeatingFleet {
  const timers = new Map<number, NodeJS.Timeout>();
  const underWay = new Map<number, Promise<void>>();
  const sequences = new Map<number, number>();
  let answered: number[] = [];
  let oddities = new Map<string, number>();
  let stopped = false;

  function schedule(index: number, inMs: number): void {
    if (stopped || !sequences.has(index)) return;
    timers.set(
      index,
      setTimeout(() => {
        const beat = beatOnce(index).finally(() => underWay.delete(index));
        underWay.set(index, beat);
      }, inMs),
    );
  }

  /** Never rejects. */
  async function beatOnce(index: number): Promise<void> {
    const sequence = (sequences.get(index) ?? 0) + 1;
    if (sequences.has(index)) sequences.set(index, sequence);
    const started = performance.now();
    try {
      const answer = await nodes.heartbeat(beatOf(index, domain, sequence), call);
      answered.push(performance.now() - started);
      if (answer.result !== 'accepted' || answer.next !== 'heartbeat') note(oddityOf(answer));
      schedule(index, answer.next_heartbeat_in_ms ?? retryMs);
    } catch (error) {
      note(error instanceof Error && 'code' in error ? String(error.code) : String(error));
      schedule(index, retryMs);
    }
  }

  function note(oddity: string): void {
    oddities.set(oddity, (oddities.get(oddity) ?? 0) + 1);
  }

  function forget(index: number): void {
    clearTimeout(timers.get(index));
    timers.delete(index);
    sequences.delete(index);
  }

  return {
    add(index, inMs) {
      sequences.set(index, 0);
      schedule(index, inMs);
    },
    async kill(indexes) {
      for (const index of indexes) forget(index);
      await Promise.all([...underWay].flatMap(([index, beat]) => (indexes.has(index) ? [beat] : [])));
    },
    take() {
      const taken = { answered, oddities };
      answered = [];
      oddities = new Map();
      return taken;
    },
    async stop() {
      stopped = true;
      for (const index of timers.keys()) forget(index);
      await Promise.all(underWay.values());
    },
  };
}

function oddityOf({ result, state, next }: HeartbeatAnswer): string {
  return `${result}, ${state}, next ${next}`;
}
