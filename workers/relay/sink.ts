/**
 * What a sink is: a receiver of published events outside of the product. Each has a cursor of its own in Postgres and a
 * runner of its own, so none waits for another; delivery is at least once, in order per subject.
 */
import type { Notice } from '../../domain/outbox/notices.ts';

export interface Sink {
  /** Key of its cursor and label of its metrics; stays the same over restarts and holds no secret. */
  readonly name: string;
  /** Types it wants; all when absent. */
  readonly types?: readonly string[];
  /** `total`: one notice after the other in the order of publication; default: in order per subject, some at once. */
  readonly order?: 'subject' | 'total';
  /**
   * Delivers one notice; rejects when it could not. The signal fires when this process may not deliver any more.
   *
   * @throws SinkRefusal when the receiver will not take this very notice, however often it comes
   */
  deliver(notice: Notice, signal: AbortSignal): Promise<void>;
}

/** The receiver is there and refuses this notice: tried a few times more, then given up. */
export class SinkRefusal extends Error {
  override readonly name = 'SinkRefusal';
}
