/**
 * A Temporal server takes ten updates in flight per workflow and aborts the rest, to be retried slowly
 * (architecture.md "Engine limits"). Each workflow id has a lane: at most eight at once, the rest wait in order, and
 * when too many wait the caller is told to come back.
 */
import { OmniBaseError } from '../contracts/error.ts';

export interface UpdateLaneLimits {
  /** Updates in flight per workflow id; below the server's ten, so that another process has room. */
  readonly inFlight: number;
  /** Updates that may wait per workflow id. */
  readonly waiting: number;
}

export const defaultLaneLimits: UpdateLaneLimits = { inFlight: 8, waiting: 256 };

interface Lane {
  inFlight: number;
  readonly queue: (() => void)[];
}

export class UpdateLanes {
  private readonly limits: UpdateLaneLimits;
  private readonly lanes = new Map<string, Lane>();

  constructor(limits: UpdateLaneLimits = defaultLaneLimits) {
    this.limits = limits;
  }

  /**
   * Sends when it is this call's turn.
   *
   * @throws OR032 when the lane is full
   */
  async run<T>(workflowId: string, send: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(workflowId) ?? { inFlight: 0, queue: [] };
    this.lanes.set(workflowId, lane);
    if (lane.inFlight >= this.limits.inFlight) {
      if (lane.queue.length >= this.limits.waiting) throw new OmniBaseError('OR032');
      await new Promise<void>((resolve) => {
        lane.queue.push(resolve);
      });
    } else {
      lane.inFlight += 1;
    }
    try {
      return await send();
    } finally {
      // A waiting call takes over the place, so the count only falls when nobody waits.
      const next = lane.queue.shift();
      if (next !== undefined) next();
      else if (--lane.inFlight === 0) this.lanes.delete(workflowId);
    }
  }
}
