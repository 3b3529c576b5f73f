/** Ways in which a scripted activity may end, or not. */
import { Context } from '@temporalio/activity';

/** Beats like a healthy activity and rejects when it is cancelled. */
export function untilCancelled(): Promise<never> {
  const context = Context.current();
  // A local activity has nobody to beat to.
  const beat = context.info.isLocal ? undefined : setInterval(() => context.heartbeat(), 100);
  return context.cancelled.finally(() => clearInterval(beat));
}

/** Does not beat and ends only with its worker: what the server sees of a worker that was lost. */
export function never(): Promise<never> {
  return Context.current().cancelled;
}
