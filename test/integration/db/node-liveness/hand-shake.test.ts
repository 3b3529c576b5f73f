import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registrationStates } from '../../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { readOffer } from '../../../../db/stores/node-liveness/offer.ts';
import { probeHeartbeatPath } from '../../../../db/stores/node-liveness/probe.ts';
import { recordReceipt } from '../../../../db/stores/node-liveness/receipt.ts';
import { createNodeReader, type NodeReader } from '../../../../db/stores/registration/reader.ts';
import { requiresAck } from '../../../../domain/registration/states.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { insertNode } from '../registration-reader/seed.ts';

let created: TestDatabase;
let database: Database;
let reader: NodeReader;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'receipts' });
  reader = createNodeReader({ database });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

describe('the receipt of an ack', () => {
  it.each(registrationStates)('in %s is kept only where an ack is required', async (current_state) => {
    const { row } = await insertNode(database, { current_state });
    const attempt_id = row.attempt_id ?? '';
    const command_id = randomUUID();
    const answer = await recordReceipt(database, {
      node_id: row.entity_id,
      domain: row.domain,
      attempt_id,
      command_id,
    });
    expect(answer.recorded).toBe(requiresAck(current_state));
    const live = await reader.getLiveness(row.entity_id);
    expect(live).toMatchObject({
      ack_command_id: answer.recorded ? command_id : null,
      ack_received_at: answer.received_at,
    });
    if (answer.recorded) expect(Math.abs(Date.parse(answer.received_at ?? '') - Date.now())).toBeLessThan(5_000);
  });

  it('is that of the first ack: who repeats is told that it is kept', async () => {
    const { row } = await insertNode(database, { current_state: 'awaiting_ack' });
    const ack = { node_id: row.entity_id, domain: row.domain, attempt_id: row.attempt_id ?? '' };
    const first = await recordReceipt(database, { ...ack, command_id: randomUUID() });
    const commandId = (await reader.getLiveness(row.entity_id))?.ack_command_id;
    const second = await recordReceipt(database, { ...ack, command_id: randomUUID() });
    expect(second).toEqual(first);
    expect((await reader.getLiveness(row.entity_id))?.ack_command_id).toBe(commandId);
  });

  it('is not kept for another attempt, another domain or an unknown node', async () => {
    const { row } = await insertNode(database, { current_state: 'awaiting_ack' });
    const ack = {
      node_id: row.entity_id,
      domain: row.domain,
      attempt_id: row.attempt_id ?? '',
      command_id: randomUUID(),
    };
    const none = { recorded: false, received_at: null };
    expect(await recordReceipt(database, { ...ack, attempt_id: randomUUID() })).toEqual(none);
    expect(await recordReceipt(database, { ...ack, domain: 'edge' })).toEqual(none);
    expect(await recordReceipt(database, { ...ack, node_id: randomUUID() })).toEqual(none);
  });

  it('that waited for a time-out comes too late', async () => {
    const { row } = await insertNode(database, { current_state: 'awaiting_ack' });
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query(`UPDATE node_liveness SET state = 'ack_timed_out' WHERE entity_id = $1`, [row.entity_id]);
    const waiting = recordReceipt(database, {
      node_id: row.entity_id,
      domain: row.domain,
      attempt_id: row.attempt_id ?? '',
      command_id: randomUUID(),
    });
    await expect
      .poll(async () => (await database.pool.query(`SELECT 1 FROM pg_locks WHERE NOT granted`)).rowCount)
      .toBeGreaterThan(0);
    await holder.query('COMMIT');
    holder.release();
    expect(await waiting).toEqual({ recorded: false, received_at: null });
  });
});

describe('the offer', () => {
  it.each(registrationStates)('in %s is there only where an ack is required', async (current_state) => {
    const { row } = await insertNode(database, { current_state, epoch: 3, attempt_number: 2 });
    const answer = await readOffer(database, { entity_id: row.entity_id, domain: row.domain });
    expect(answer?.state).toBe(current_state);
    if (!requiresAck(current_state)) expect(answer?.offer).toBeNull();
    else {
      const { ack_in_ms, ...offer } = answer?.offer ?? { ack_in_ms: Number.NaN };
      const { attempt_id, ack_deadline } = row;
      expect(offer).toEqual({ state: current_state, epoch: 3, attempt_id, attempt_number: 2, ack_deadline });
      expect(ack_in_ms).toBeGreaterThan(20_000);
      expect(ack_in_ms).toBeLessThanOrEqual(29_000);
    }
  });

  it('never counts below 0', async () => {
    const ack_deadline = new Date(Date.now() - 5_000).toISOString();
    const { row } = await insertNode(database, { current_state: 'awaiting_ack', ack_deadline });
    expect((await readOffer(database, { entity_id: row.entity_id, domain: row.domain }))?.offer?.ack_in_ms).toBe(0);
  });

  it('of an unknown node is no answer at all', async () => {
    expect(await readOffer(database, { entity_id: randomUUID(), domain: 'registration' })).toBeNull();
  });
});

describe('the probe of the heartbeat path', () => {
  it('passes and leaves nothing behind', async () => {
    const before = (await database.pool.query('SELECT count(*) FROM node_liveness')).rows;
    await probeHeartbeatPath(database);
    expect((await database.pool.query('SELECT count(*) FROM node_liveness')).rows).toEqual(before);
  });

  it.each([
    ['a read-only server', 'SET default_transaction_read_only TO on', 'SET default_transaction_read_only TO off'],
    [
      'no right to write',
      'CREATE ROLE reading; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reading; SET ROLE reading',
      'RESET ROLE; DROP OWNED BY reading; DROP ROLE reading',
    ],
    ['another table', 'ALTER TABLE node_liveness RENAME TO gone', 'ALTER TABLE gone RENAME TO node_liveness'],
    [
      'a column that is missing',
      'ALTER TABLE node_liveness RENAME window_ms TO other',
      'ALTER TABLE node_liveness RENAME other TO window_ms',
    ],
  ])('fails with %s', async (_what, break_it, mend_it) => {
    const one = openDatabase(created.url, { applicationName: 'probe', max: 1 });
    try {
      await one.pool.query(break_it);
      await expect(probeHeartbeatPath(one)).rejects.toThrow();
      await one.pool.query(mend_it);
      await probeHeartbeatPath(one);
    } finally {
      await one.close();
    }
  });

  it('fails while the table is locked for longer than a statement may run', async () => {
    const hasty = openDatabase(created.url, { applicationName: 'probe', max: 1, statementTimeoutMs: 200 });
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE node_liveness IN ACCESS EXCLUSIVE MODE');
      await expect(probeHeartbeatPath(hasty)).rejects.toThrow();
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
      await hasty.close();
    }
  });
});
