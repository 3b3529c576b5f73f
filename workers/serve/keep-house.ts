/**
 * Removes what is past its time, once an hour (stages.md 6.5, registration.md 6.3): old stage runs, old transitions of
 * nodes, forgotten cursors. Every control process does it; the statements do not mind each other.
 */
import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import { purgeRegistration } from '../../db/stores/registration/purge.ts';
import { purgeRuns } from '../../db/stores/stages/purge-runs.ts';

const hourMs = 3_600_000;
/** The start of a process has better things to do. */
const firstAfterMs = 60_000;

/** `close` waits for the round under way. */
export function keepHouse(database: Database, logger: Logger): { close(): Promise<void> } {
  let round = Promise.resolve();
  let timer = setTimeout(start, firstAfterMs);
  timer.unref();

  function start(): void {
    round = clean(database, logger);
    timer = setTimeout(start, hourMs);
    timer.unref();
  }
  return {
    async close() {
      clearTimeout(timer);
      await round;
    },
  };
}

async function clean(database: Database, logger: Logger): Promise<void> {
  try {
    const [{ removed: runs }, { transitions, cursors }] = [
      await purgeRuns(database),
      await purgeRegistration(database),
    ];
    if (runs + transitions + cursors > 0) {
      logger.info({ code: 'house.cleaned', runs, transitions, cursors }, 'removed what was past its time');
    }
  } catch (err) {
    logger.warn({ code: 'house.cleaning_failed', err }, 'old rows could not be removed; tried again in an hour');
  }
}
