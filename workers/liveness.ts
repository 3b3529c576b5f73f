/** Says "here I am" every 5 s in the liveness table (stages.md 6.4); a database that is away is tried again. */
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { type Part, stampComponent } from '../db/stores/liveness/liveness.ts';

const everyMs = 5_000;

export function stampLiveness(database: Database, part: Part, logger: Logger): { stop(): void } {
  let starting = true;
  let stamping = false;
  const stamp = async (): Promise<void> => {
    if (stamping) return;
    stamping = true;
    try {
      await stampComponent(database, part, { starting });
      starting = false;
    } catch (error) {
      logger.warn({ err: error, ...part }, 'the liveness row could not be stamped');
    } finally {
      stamping = false;
    }
  };
  void stamp();
  const timer = setInterval(() => void stamp(), everyMs);
  return { stop: () => clearInterval(timer) };
}
