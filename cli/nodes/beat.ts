/** One heartbeat after the other, by hand: `node heartbeat --every`. */
import os from 'node:os';
import { OmniBaseError } from '../../contracts/error.ts';
import type { HeartbeatAnswer } from '../../contracts/node/answers.ts';
import type { NodeKey, NodesApi } from '../../contracts/node/api.ts';
import type { Heartbeat } from '../../contracts/node/messages.ts';
import type { ReportedStatus } from '../../contracts/node/vocabulary.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { isUuid } from './options.ts';
import type { Ending } from './time-limit.ts';

/** Between two beats when an answer does not say, ms: the default of registration.heartbeat_interval_ms. */
const defaultIntervalMs = 30_000;
/** First wait after a failed call, ms; doubles up to the interval. */
const firstRetryMs = 500;

/**
 * A beat of this instant. Its uptime is that of the machine: it never goes down between two calls of the command, so
 * no beat made by hand looks like a restart.
 */
export function beatOf(key: Required<NodeKey>, status: ReportedStatus, correlationId: string): Heartbeat {
  return {
    ...key,
    timestamp: new Date().toISOString(),
    epoch: null,
    message_id: null,
    correlation_id: isUuid(correlationId) ? correlationId : null,
    node_version: null,
    status,
    uptime_seconds: Math.floor(os.uptime()),
    active_operations_count: 0,
    memory_usage_mb: null,
    cpu_usage_percent: null,
    sequence: null,
    note: null,
  };
}

export interface BeatListener {
  answered(answer: HeartbeatAnswer): void;
  /** The control plane did not take the beat; it is tried again after so long. */
  failed(error: OmniBaseError, retryMs: number): void;
}

/**
 * Beats at the interval each answer tells, until the end comes or the node is told that it is not alive. What the
 * control plane cannot take now is tried again with growing waits, at most the interval.
 *
 * @returns the answer that ended it
 * @throws what is not worth trying again: a refusal that another try would not change
 */
export async function keepBeating(
  nodes: Pick<NodesApi, 'heartbeat'>,
  make: () => Heartbeat,
  call: CallContext,
  ending: Ending,
  listener: BeatListener,
): Promise<HeartbeatAnswer | null> {
  let intervalMs = defaultIntervalMs;
  let retryMs = firstRetryMs;
  while (!ending.signal.aborted) {
    const outcome = await attempt(nodes, make(), { ...call, signal: ending.signal });
    if (ending.signal.aborted) return null;
    if (outcome instanceof OmniBaseError) {
      listener.failed(outcome, retryMs);
      await ending.pause(retryMs);
      retryMs = Math.min(intervalMs, retryMs * 2);
      continue;
    }
    listener.answered(outcome);
    if (outcome.result !== 'accepted') return outcome;
    intervalMs = outcome.next_heartbeat_in_ms ?? intervalMs;
    retryMs = firstRetryMs;
    await ending.pause(intervalMs);
  }
  return null;
}

async function attempt(
  nodes: Pick<NodesApi, 'heartbeat'>,
  beat: Heartbeat,
  call: CallContext,
): Promise<HeartbeatAnswer | OmniBaseError> {
  try {
    return await nodes.heartbeat(beat, call);
  } catch (error) {
    if (error instanceof OmniBaseError && error.retryable) return error;
    if (error instanceof OmniBaseError || call.signal?.aborted !== true) throw error;
    return new OmniBaseError('OB016', { cause: error });
  }
}
