/**
 * Status edges on their way to their workflows (registration.md 9 "Gateway ingest"). The beat is stored already, so an
 * edge that does not arrive in time is only `pending`: the sweeper sends it again. When a whole fleet activates at once
 * every first beat is an edge; so only some are sent at a time, and the time they wait in line counts as theirs.
 */
import type { EdgeAnswer } from '../../contracts/node/answers.ts';
import type { StatusEdge } from '../../contracts/node/messages.ts';
import type { EdgeOutcome } from '../../contracts/node/vocabulary.ts';
import type { RegistrationKey } from '../../contracts/node/workflow.ts';

export interface EdgeLineOptions {
  /** Sends one edge and waits for its answer, at most `timeoutMs`. */
  readonly send: (key: RegistrationKey, edge: StatusEdge, timeoutMs: number) => Promise<EdgeAnswer>;
  /** Edges under way at once; default 32. */
  readonly atOnce?: number;
  /** From the moment the edge is known, ms; default 2,000. */
  readonly deadlineMs?: number;
  /** Told of an edge that could not be delivered. */
  readonly onPending?: (key: RegistrationKey, error: unknown) => void;
}

export interface EdgeLine {
  /** Never rejects: `none` when the workflow had nothing to apply, `pending` when it could not be told. */
  send(key: RegistrationKey, edge: StatusEdge): Promise<EdgeOutcome>;
}

/** Less is no time in which a workflow could answer. */
const leastMs = 50;

export function createEdgeLine(options: EdgeLineOptions): EdgeLine {
  const { atOnce = 32, deadlineMs = 2000 } = options;
  const waiting: (() => void)[] = [];
  let underWay = 0;

  async function place(): Promise<void> {
    if (underWay < atOnce) {
      underWay += 1;
      return;
    }
    // Who leaves hands the place over, so the count does not change.
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) underWay -= 1;
    else next();
  }

  return {
    async send(key, edge) {
      const from = performance.now();
      await place();
      try {
        const left = deadlineMs - (performance.now() - from);
        if (left < leastMs) throw new Error('too many status edges wait');
        const { applied } = await options.send(key, edge, Math.round(left));
        return applied ? 'applied' : 'none';
      } catch (error) {
        options.onPending?.(key, error);
        return 'pending';
      } finally {
        leave();
      }
    },
  };
}
