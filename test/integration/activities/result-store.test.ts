/** Results are stored as they come, and a database that is away is waited for (stages.md 6.6). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ResultStore } from '../../../activities/stages/result-store.ts';
import { type Database, openDatabase } from '../../../db/client.ts';
import { loadResults } from '../../../db/stores/stages/results.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type Proxy, startProxy } from '../../workflow/support/proxy.ts';
import { resultOf } from './support.ts';

let testDatabase: TestDatabase;
let proxy: Proxy;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  proxy = await startProxy(testDatabase.url);
  database = openDatabase(proxy.url, { applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await proxy[Symbol.asyncDispose]();
  await testDatabase.drop();
});

const result = () => resultOf(randomUUID(), 'pass', { step_id: 's1' });

describe('ResultStore', () => {
  it('has stored everything once it is flushed; what came meanwhile travels together', async () => {
    const runId = randomUUID();
    const store = new ResultStore(database, runId);
    await store.flush();
    const query = vi.spyOn(database.pool, 'query');
    for (let index = 0; index < 5; index += 1) store.add(result());
    await store.flush();
    expect(await loadResults(database, runId)).toHaveLength(5);
    // One for the first, one for the four that came while it was under way, one for the reading here.
    expect(query).toHaveBeenCalledTimes(3);
    query.mockRestore();
    store.add(result());
    await store.flush();
    expect(await loadResults(database, runId)).toHaveLength(6);
  });

  it('waits for a database that is away', async () => {
    const runId = randomUUID();
    const store = new ResultStore(database, runId);
    proxy.cut();
    store.add(result());
    setTimeout(() => proxy.mend(), 300);
    await store.flush();
    expect(await loadResults(database, runId)).toHaveLength(1);
  });

  it('does not wait when the statement itself is refused', async () => {
    const store = new ResultStore(database, randomUUID());
    store.add(resultOf('no uuid', 'pass', { step_id: 's1' }));
    await expect(store.flush()).rejects.toThrow(/uuid/);
  });
});
