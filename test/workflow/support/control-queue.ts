/**
 * The control queue has one name, and every worker of a server serves it: a scripted worker of one file would take the
 * tasks of a real process in another. Files that use it run one after the other, by a lock all of them see.
 */
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';

const lockKey = 7_105_002;
/** As long as all other files together may take. */
const patienceMs = 300_000;

/** Call once at the top of a file; its tests begin when no other such file is running. */
export function useControlQueueAlone(): void {
  let client: pg.Client;
  beforeAll(async () => {
    client = new pg.Client({
      connectionString: inject('databaseUrl'),
      application_name: 'omnibase-test-control-queue',
    });
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
  }, patienceMs);
  // The session holds the lock.
  afterAll(() => client.end());
}
