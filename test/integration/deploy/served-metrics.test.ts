/** Each metric of alerts and dashboard is served by a real process: a factory that nobody calls emits nothing. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../../contracts/registry.ts';
import { checkIntrospection } from '../../../domain/registration/messages.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { checkQuery } from '../../unit/deploy/support/check-query.ts';
import { type Exposition, readExposition } from '../../unit/deploy/support/exposition.ts';
import { alertQueries, dashboardQueries } from '../../unit/deploy/support/queries.ts';
import { useControlQueueAlone } from '../../workflow/support/control-queue.ts';
import { type ServeProcess, serveProcess } from '../../workflow/support/serve-process.ts';

useControlQueueAlone();

const call: CallContext = {
  principal: { id: 'tester', kind: 'user', capabilities: ['*'] },
  correlation_id: randomUUID(),
};
const queries = [...alertQueries(), ...dashboardQueries()].filter(
  ({ expression }) => !expression.includes('temporal_'),
);

let testDatabase: TestDatabase;
let serve: ServeProcess;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  serve = serveProcess({ databaseUrl: testDatabase.url });
  await serve.start();
}, 60_000);
afterAll(async () => {
  await serve[Symbol.asyncDispose]();
  await testDatabase.drop();
}, 60_000);

describe('what a process serves at /metrics', () => {
  it('has every metric that an alert or a panel asks for', async () => {
    const served = readExposition(await serve.metrics());
    const names = new Set(queries.flatMap(({ expression }) => checkQuery(expression, served).names));
    expect(names.size).toBeGreaterThan(25);
    expect([...names].filter((name) => !served.has(name))).toEqual([]);
  });

  it('answers the queries about a node that registered, beat and was counted by a sweep', async () => {
    await registerAndBeat();
    const lively = [
      'OmniBaseNoHeartbeats',
      'Heartbeats A',
      'Acks A',
      'Handshake duration B',
      'Nodes by state A',
      'Pokes A',
    ];
    await expect
      .poll(async () => silent(readExposition(await serve.metrics()), lively), { timeout: 25_000, interval: 500 })
      .toEqual([]);
  }, 60_000);
});

async function registerAndBeat(): Promise<void> {
  const timestamp = new Date().toISOString();
  const node_id = randomUUID();
  const checked = checkIntrospection({ correlation_id: randomUUID(), node_id, node_type: 'effect', timestamp });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  const { domain, correlation_id } = checked.value;
  const { attempt_id } = await serve.api.nodes.introspect(checked.value, call);
  await serve.api.nodes.ack({ command_id: randomUUID(), correlation_id, node_id, domain, attempt_id, timestamp }, call);
  const beats = await serve.api.nodes.heartbeats([{ node_id, domain, timestamp, uptime_seconds: 1 }], call);
  expect(beats).toMatchObject([{ result: 'accepted' }]);
}

/** Which of these would show nothing. */
function silent(served: Exposition, wanted: readonly string[]): readonly string[] {
  const asked = queries.filter(({ where }) => wanted.includes(where));
  expect(asked.map(({ where }) => where).toSorted()).toEqual(wanted.toSorted());
  return asked.flatMap(({ expression }) => checkQuery(expression, served).problems);
}
