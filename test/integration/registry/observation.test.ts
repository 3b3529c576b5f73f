import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistryObserver } from '../../../registry/service/observation.ts';
import { validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, rowsOf, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;
const lines: Record<string, unknown>[] = [];
const observed: unknown[][] = [];

const note =
  (kind: keyof RegistryObserver) =>
  (...facts: unknown[]): void =>
    void observed.push([kind, ...facts]);

const observer: RegistryObserver = {
  call: note('call'),
  query: note('query'),
  cacheRequest: note('cacheRequest'),
  cacheError: note('cacheError'),
  sync: note('sync'),
  authorization: note('authorization'),
  readOnly: note('readOnly'),
};

const log = (level: string) => (fields: object, message: string) => void lines.push({ level, ...fields, message });

beforeAll(async () => {
  const logger = { info: log('info'), warn: log('warn'), error: log('error') };
  test = await openTestRegistry({ logger, observer });
});

afterAll(() => test.close());

const lineOf = (correlationId: string) => lines.find((line) => line['correlation_id'] === correlationId);

describe('a call', () => {
  it('leaves one log line', async () => {
    const document = validatorDocument('logged');
    const by = context();
    await test.registry.register(document, {}, by);
    expect(lines.filter((line) => line['correlation_id'] === by.correlation_id)).toEqual([
      {
        level: 'info',
        event: 'registry.call',
        correlation_id: by.correlation_id,
        component_id: document.uuid,
        duration_ms: expect.any(Number),
        operation: 'register',
        outcome: 'ok',
        code: null,
        principal: 'tester',
        revision: 1,
        result_count: null,
        cache_level: 'authority',
        message: 'registry register ok',
      },
    ]);
    const searching = context();
    await test.registry.search({}, searching);
    expect(lineOf(searching.correlation_id)).toMatchObject({
      operation: 'search',
      component_id: null,
      result_count: 1,
    });
  });

  it('that fails says so with its code', async () => {
    const by = context();
    await refusal(test.registry.lookup('nothing-there', {}, by), 'RG001');
    expect(lineOf(by.correlation_id)).toMatchObject({
      operation: 'lookup',
      outcome: 'failed',
      code: 'RG001',
      cache_level: null,
    });
  });

  it('is counted and timed', async () => {
    observed.length = 0;
    await test.registry.lookup('logged', {}, context());
    await refusal(test.registry.search({}, context([])), 'SX001');
    const calls = observed.filter(([kind]) => kind === 'call').map(([, facts]) => facts);
    expect(calls).toEqual([
      { operation: 'lookup', outcome: 'ok', code: null, duration_ms: expect.any(Number) },
      { operation: 'search', outcome: 'failed', code: 'SX001', duration_ms: expect.any(Number) },
    ]);
    expect(observed).toContainEqual(['query', 'lookup', expect.any(Number)]);
    expect(observed).toContainEqual(['authorization', 'registry.read', 'allowed']);
    expect(observed).toContainEqual(['authorization', 'registry.read', 'denied']);
  });

  it('tells of caches and syncs', async () => {
    observed.length = 0;
    await test.registry.sync({ full: true }, context());
    const offline = test.another({ offline: 'always' });
    await offline.search({}, context());
    await refusal(offline.lookup('nothing-there', {}, context()), 'RG001');
    expect(observed).toContainEqual(['sync', 'full', 'ok', expect.any(Number)]);
    expect(observed).toContainEqual(['cacheRequest', 'l3', 'hit']);
    expect(observed).toContainEqual(['cacheRequest', 'l3', 'miss']);
  });

  it('never shows what is secret', async () => {
    const document = validatorDocument('with-secrets', { x_extensions: { password: 'hunter2', token: 'omb_secret' } });
    await test.registry.register(document, {}, context());
    await refusal(test.registry.register({ ...document, description: 'other' }, {}, context()), 'RG002');
    const audit = await rowsOf(test.database, 'SELECT * FROM audit_log');
    const shown = JSON.stringify([lines, audit]);
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain('omb_secret');
  });
});

describe('the time of a call', () => {
  it('ends with its deadline', async () => {
    const blocker = await test.database.pool.connect();
    const document = validatorDocument('blocked');
    await test.registry.register(document, {}, context());
    await blocker.query('BEGIN');
    await blocker.query('SELECT 1 FROM components WHERE uuid = $1 FOR UPDATE', [document.uuid]);
    const by = context(['*'], { deadline_ms: 80 });
    const error = await refusal(test.registry.update(document.uuid, { weight: 2 }, {}, by), 'OB016');
    expect(error.exitCode).toBe(124);
    await blocker.query('COMMIT');
    blocker.release();
    expect(lineOf(by.correlation_id)).toMatchObject({ code: 'OB016' });
  });

  it('ends with the signal of the caller', async () => {
    const stop = new AbortController();
    stop.abort();
    await refusal(test.registry.search({}, context(['*'], { signal: stop.signal })), 'OB016');
    const later = new AbortController();
    const searching = test.registry.search({}, context(['*'], { signal: later.signal, deadline_ms: 10_000 }));
    await expect(searching).resolves.toBeDefined();
    later.abort();
  });
});

describe('what nobody expected', () => {
  it('leaves as an internal error, with its cause', async () => {
    await test.database.pool.query('ALTER TABLE components RENAME COLUMN wip TO wip_before');
    const error = await refusal(test.registry.search({}, context()), 'OB001');
    expect(error.cause).toBeDefined();
    await test.database.pool.query('ALTER TABLE components RENAME COLUMN wip_before TO wip');
  });

  it('does not keep a refusal from its caller when it cannot be audited', async () => {
    await test.database.pool.query('ALTER TABLE audit_log RENAME TO audit_before');
    await refusal(test.registry.search({}, context([])), 'SX001');
    await test.database.pool.query('ALTER TABLE audit_before RENAME TO audit_log');
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', event: 'audit.write_failed' }));
  });

  it.each([
    ['reason', { reason: 'a\u0000b' }, 'SC002'],
    ['reason', { reason: 'x'.repeat(8_193) }, 'SC006'],
    ['source', { source: { kind: 'file', ref: '\ud800' } }, 'SC002'],
    ['key', { idempotency_key: '' }, 'OB004'],
    ['key', { idempotency_key: 'ü' }, 'OB004'],
    ['key', { idempotency_key: 'x'.repeat(256) }, 'OB004'],
  ] as const)('is refused: a %s that cannot be stored', async (_what, options, code) => {
    await refusal(test.registry.register(validatorDocument('refused'), options, context()), code);
  });
});
