/** Follows all published events over every outage, as `omnibase node watch` does, and notes them in the order in which they came. */
import type { PublishedEvent } from '../../../contracts/event.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import { followEvents } from '../../../cli/nodes/follow-events.ts';
import { pauseUntil } from '../../../cli/nodes/time-limit.ts';
import { call } from './chaos-stack.ts';

export interface Follower {
  readonly events: readonly PublishedEvent[];
  /** What the stream ended with, while nobody had asked it to. */
  readonly failure: unknown;
  close(): Promise<void>;
}

export function follow(nodes: Pick<NodesApi, 'events'>): Follower {
  const ending = new AbortController();
  const { signal } = ending;
  const events: PublishedEvent[] = [];
  let failure: unknown = null;
  const listen = async (): Promise<void> => {
    const options = {
      ending: { signal, pause: (ms: number) => pauseUntil(ms, signal) },
      onBreak: () => undefined,
    };
    try {
      for await (const event of followEvents(nodes, { after: '0' }, call(), options)) events.push(event);
    } catch (error) {
      failure = error;
    }
  };
  const listening = listen();
  return {
    events,
    get failure() {
      return failure;
    },
    async close() {
      ending.abort();
      await listening;
    },
  };
}
