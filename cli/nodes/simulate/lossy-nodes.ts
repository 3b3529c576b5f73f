/**
 * A way to the control plane that loses beats, and that falls silent for good. The node on this side notices neither: it
 * believes the last answer goes on to hold, as a process does whose packets are dropped.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { HeartbeatAnswer } from '../../../contracts/node/answers.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import type { CallContext } from '../../../contracts/registry.ts';

export interface Losses {
  /** Of each beat, 0 to 1. */
  readonly beatLoss: number;
  readonly random: () => number;
  /** True from the moment on at which nothing gets through any more. */
  readonly isSilent: () => boolean;
  beatSent(): void;
  beatLost(): void;
  /** The control plane did not take what was really sent. */
  callFailed(): void;
}

/** `nodes`, with losses. Only what a node says is touched. */
export function withLosses(nodes: NodesApi, losses: Losses): NodesApi {
  let last: HeartbeatAnswer | null = null;
  const dropped = (): HeartbeatAnswer => {
    if (last === null) throw new OmniBaseError('OB010', { message: 'the message was lost (simulated)' });
    return last;
  };
  const silence = (): never => {
    throw new OmniBaseError('OB010', { message: 'nothing gets through (simulated)' });
  };
  const sent = async <T>({ signal }: CallContext, send: () => Promise<T>): Promise<T> => {
    try {
      return await send();
    } catch (error) {
      // A call the node itself gave up, because it is leaving, did not fail.
      if (signal?.aborted !== true) losses.callFailed();
      throw error;
    }
  };
  return {
    ...nodes,
    introspect: async (message, call) =>
      losses.isSilent() ? silence() : sent(call, () => nodes.introspect(message, call)),
    ack: async (message, call) => (losses.isSilent() ? silence() : sent(call, () => nodes.ack(message, call))),
    async heartbeat(beat, call) {
      if (losses.isSilent()) return dropped();
      if (losses.random() < losses.beatLoss) {
        losses.beatLost();
        return dropped();
      }
      losses.beatSent();
      last = await sent(call, () => nodes.heartbeat(beat, call));
      return last;
    },
  };
}
