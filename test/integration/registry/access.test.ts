import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../../contracts/registry.ts';
import { validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, rowsOf, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;
const own = validatorDocument('own', { namespace: 'mine', lifecycle: 'draft' });
const other = validatorDocument('other', { namespace: 'theirs', lifecycle: 'draft' });

beforeAll(async () => {
  test = await openTestRegistry();
  await test.registry.register(own, {}, context());
  await test.registry.register(other, {}, context());
});

afterAll(() => test.close());

type Operation = (by: CallContext) => Promise<unknown>;

const reads: Record<string, Operation> = {
  lookup: (by) => test.registry.lookup(own.uuid, {}, by),
  search: (by) => test.registry.search({}, by),
  sync: (by) => test.registry.sync({}, by),
  cacheStats: (by) => test.registry.cacheStats(by),
};
const writes: Record<string, Operation> = {
  register: (by) => test.registry.register(own, {}, by),
  update: (by) => test.registry.update(own.uuid, { weight: 2 }, {}, by),
  remove: (by) => test.registry.remove(own.uuid, {}, by),
};

describe.each(Object.keys({ ...reads, ...writes }))('%s', (name) => {
  it('is denied without a capability, and the denial is audited', async () => {
    const by = context([]);
    const error = await refusal((reads[name] ?? writes[name] ?? (() => Promise.resolve()))(by), 'SX001');
    expect(error).toMatchObject({ exitCode: 5, httpStatus: 403, class: 'CapabilityError' });
    const rows = await rowsOf<{ subject: string; outcome: string; code: string }>(
      test.database,
      'SELECT subject, outcome, code FROM audit_log WHERE correlation_id = $1',
      [by.correlation_id],
    );
    expect(rows).toEqual([{ subject: 'principal/tester', outcome: 'denied', code: 'SX001' }]);
  });
});

describe.each(Object.keys(reads))('%s', (name) => {
  it.each(['registry.read', 'REGISTRY_READ', 'registry.write', 'REGISTRY_WRITE', 'admin', 'REGISTRY_ADMIN', '*'])(
    'is granted by %s',
    async (capability) => {
      await expect(reads[name]?.(context([capability]))).resolves.toBeDefined();
    },
  );
});

describe.each(Object.keys(writes))('%s', (name) => {
  it.each(['registry.read', 'REGISTRY_READ', 'stage.run', 'toString', 'registry.write:tool/mine.*'])(
    'is not granted by %s',
    async (capability) => {
      await refusal(writes[name]?.(context([capability])) ?? Promise.resolve(), 'SX001');
    },
  );
});

describe('a capability for some resources', () => {
  const mine = () => context(['registry.write:validator/mine.*']);

  it('lets through what it names', async () => {
    expect((await test.registry.lookup(own.uuid, {}, mine())).data.metadata.name).toBe('own');
    expect((await test.registry.update('mine.own@1.0.0', { weight: 5 }, {}, mine())).data.metadata.weight).toBe(5);
    const document = validatorDocument('added', { namespace: 'mine' });
    expect((await test.registry.register(document, {}, mine())).data.created).toBe(true);
  });

  it('denies everything else', async () => {
    await refusal(test.registry.lookup(other.uuid, {}, mine()), 'SX001');
    await refusal(test.registry.update(other.uuid, { weight: 5 }, {}, mine()), 'SX001');
    await refusal(test.registry.remove(other.uuid, { reason: 'x' }, mine()), 'SX001');
    await refusal(test.registry.register(validatorDocument('x', { namespace: 'theirs' }), {}, mine()), 'SX001');
  });

  it('leaves out of lists what it does not name', async () => {
    const names = async (...capabilities: string[]): Promise<string[]> =>
      (await test.registry.search({}, context(capabilities))).data.items.map(({ metadata }) => metadata.name);
    expect(await names('registry.read:validator/mine.*')).toEqual(['added', 'own']);
    expect(await names('registry.read:validator/mine.*', 'registry.read:*theirs.*')).toEqual(['added', 'own']);
    expect(await names('registry.read:validator/mine.*', 'registry.read:**theirs.*')).toEqual([
      'added',
      'other',
      'own',
    ]);
    expect(await names('registry.read:tool/*')).toEqual([]);
    expect(await names('registry.read:validator/mine.?wn')).toEqual(['own']);
    expect(await names('registry.read:validator/mine.*', 'registry.read')).toEqual(['added', 'other', 'own']);
  });
});

it('a token in the principal never reaches the audit log', async () => {
  const rows = await rowsOf<{ details: unknown }>(test.database, 'SELECT details FROM audit_log');
  expect(JSON.stringify(rows)).not.toContain('capabilities');
});
