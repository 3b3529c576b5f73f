/**
 * Many heartbeats in one request (registration.md 10): each is checked and answered by itself. Only what fails them all
 * fails the request: no room for the batch, or a database that took none of them.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { HeartbeatAnswer } from '../../contracts/node/answers.ts';
import type { HeartbeatItem } from '../../contracts/node/api.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { checkHeartbeat } from '../../domain/registration/messages.ts';
import type { HeartbeatIngest } from '../ingest/heartbeat-ingest.ts';
import { overloaded } from '../ingest/micro-batcher.ts';
import type { HeartbeatMetrics } from '../metrics/heartbeat-metrics.ts';
import { toOmniBaseError } from '../plugins/errors.ts';
import { correlationOf, refused } from './messages.ts';

/** @throws ND014 when not all of them find room; what failed every item that was good */
export async function answerBatch(
  ingest: HeartbeatIngest,
  items: readonly unknown[],
  call: CallContext,
  metrics: HeartbeatMetrics | undefined,
): Promise<readonly HeartbeatItem[]> {
  const checked = items.map((item) => checkHeartbeat(item, correlationOf(call)));
  const good = checked.filter(({ ok }) => ok).length;
  if (good > ingest.room()) {
    for (let beat = 0; beat < good; beat += 1) metrics?.beat('gateway', 'overloaded');
    throw overloaded();
  }
  const settled = await Promise.allSettled(
    checked.map(async (one) => {
      if (one.ok) return ingest.beat(one.value);
      metrics?.beat('gateway', 'invalid');
      throw refused(one.issues);
    }),
  );
  const failure = failureOfAll(settled, good);
  if (failure !== null) throw failure;
  return settled.map(itemOf);
}

/** The failure that took all good items; a single answer among them, and each item speaks for itself. */
function failureOfAll(settled: readonly PromiseSettledResult<HeartbeatAnswer>[], good: number): unknown {
  const failures = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const serious = failures.filter((error) => !(error instanceof OmniBaseError && error.code === 'ND001'));
  return good > 0 && serious.length === good ? (serious[0] ?? null) : null;
}

function itemOf(result: PromiseSettledResult<HeartbeatAnswer>): HeartbeatItem {
  return result.status === 'fulfilled' ? result.value : { error: toOmniBaseError(result.reason).toBody() };
}
