/**
 * Published events in order, over breaks of the connection: the stream is opened again after the last event that was
 * seen, so that none is lost and none comes twice (registration.md 5, 10).
 */
import type { PublishedEvent } from '../../contracts/event.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { EventQuery, NodesApi } from '../../contracts/node/api.ts';
import type { CallContext } from '../../contracts/registry.ts';
import type { Ending } from './time-limit.ts';

/** Wait before a broken stream is opened again, ms; doubles from the first to the longest. */
const firstRetryMs = 250;
const longestRetryMs = 5_000;
/** A control plane that is away for longer is given up, ms. */
const patienceMs = 300_000;
/** A stream that lasted this long had been opened, even if nothing happened on it, ms. */
const openedMs = 2_000;

export interface FollowOptions {
  readonly ending: Ending;
  /** The stream broke and is opened again after so long. */
  readonly onBreak: (error: OmniBaseError, retryMs: number) => void;
}

/**
 * Ends only when the ending comes.
 *
 * @throws ND018 when events to resume after are no longer kept; at the first opening whatever it is refused with; later
 *   what is not worth trying again, or what kept failing for five minutes
 */
export async function* followEvents(
  nodes: Pick<NodesApi, 'events'>,
  query: EventQuery,
  call: CallContext,
  { ending, onBreak }: FollowOptions,
): AsyncGenerator<PublishedEvent> {
  let after = query.after;
  let opened = false;
  let brokenSince: number | null = null;
  let retryMs = firstRetryMs;
  while (!ending.signal.aborted) {
    const began = performance.now();
    try {
      const resumed = { ...query, ...(after === undefined ? {} : { after }), signal: ending.signal };
      for await (const event of nodes.events(resumed, { ...call, signal: ending.signal })) {
        opened = true;
        brokenSince = null;
        retryMs = firstRetryMs;
        if (after !== undefined && BigInt(event.pub_seq) <= BigInt(after)) continue;
        after = event.pub_seq;
        yield event;
      }
      // The server ended it: it drains, or restarts.
      opened = true;
    } catch (error) {
      if (ending.signal.aborted) return;
      opened ||= performance.now() - began > openedMs;
      brokenSince ??= performance.now();
      const mayRetry = error instanceof OmniBaseError && error.retryable && opened;
      if (!mayRetry || performance.now() - brokenSince > patienceMs) throw error;
      onBreak(error, retryMs);
    }
    await ending.pause(retryMs);
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  }
}
