import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dependsOn, type Document, validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, rowsOf, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
});

afterAll(() => test.close());

async function registered(name: string, more: Record<string, unknown> = {}): Promise<Document> {
  const document = validatorDocument(name, more);
  await test.registry.register(document, {}, context());
  return document;
}

const writer = () => context(['registry.write']);

describe('archiving', () => {
  it('keeps the record, with the reason', async () => {
    const { uuid } = await registered('archived', { lifecycle: 'canary' });
    const { data } = await test.registry.remove('archived', { reason: 'replaced' }, writer());
    expect(data).toEqual({ uuid, revision: 2, op: 'archived' });
    const { data: record } = await test.registry.lookup(uuid, {}, context());
    expect(record.metadata).toMatchObject({ lifecycle: 'archived', archived_reason: 'replaced' });
    const found = await test.registry.search({ name_pattern: 'archived' }, context());
    expect(found.data.items).toEqual([]);
  });

  it('succeeds again without writing', async () => {
    const { uuid } = await registered('again', { lifecycle: 'draft' });
    await test.registry.remove(uuid, { reason: 'x' }, writer());
    for (const options of [{ reason: 'y' }, {}]) {
      expect((await test.registry.remove(uuid, options, writer())).data).toEqual({ uuid, revision: 2, op: 'archived' });
    }
  });

  it('needs a reason', async () => {
    const { uuid } = await registered('no-reason', { lifecycle: 'draft' });
    for (const reason of [undefined, '  ']) {
      const error = await refusal(
        test.registry.remove(uuid, reason === undefined ? {} : { reason }, writer()),
        'LC006',
      );
      expect(error.exitCode).toBe(2);
    }
  });

  it('of an active component needs an administrator', async () => {
    const { uuid } = await registered('active-one');
    const error = await refusal(test.registry.remove(uuid, { reason: 'x' }, writer()), 'SX001');
    expect(error.exitCode).toBe(5);
    expect((await test.registry.remove(uuid, { reason: 'x' }, context(['admin']))).data.op).toBe('archived');
  });

  it('drops the fields of deprecated', async () => {
    await registered('successor');
    const { uuid } = await registered('predecessor', { lifecycle: 'deprecated', deprecated_by: 'team.successor' });
    await test.registry.remove(uuid, { reason: 'time is up' }, writer());
    expect((await test.registry.lookup(uuid, {}, context())).data.metadata).not.toHaveProperty('deprecated_by');
  });

  it('checks the revision', async () => {
    const { uuid } = await registered('moved', { lifecycle: 'draft' });
    await test.registry.update(uuid, { weight: 2 }, {}, context());
    const error = await refusal(test.registry.remove(uuid, { reason: 'x', if_revision: 1 }, writer()), 'RG011');
    expect(error.details).toMatchObject({ expected: 1, current: 2, theirs: { weight: 2 }, overlapping: [] });
    expect((await test.registry.remove(uuid, { reason: 'x', if_revision: 2 }, writer())).data.revision).toBe(3);
  });

  it.each([
    ['by uuid', (target: Document) => dependsOn(target.uuid)],
    ['by name', (target: Document) => dependsOn(target.name, '^1.0.0')],
    ['by namespace and name', (target: Document) => dependsOn(`team.${target.name}`)],
  ])('is refused while something requires only it, %s', async (how, edge) => {
    const target = await registered(`needed-${how.replaceAll(' ', '-')}`, { lifecycle: 'canary' });
    const dependent = await registered(`needs-${how.replaceAll(' ', '-')}`, { dependencies: [edge(target)] });
    const error = await refusal(test.registry.remove(target.uuid, { reason: 'x' }, context()), 'RG014');
    expect(error.exitCode).toBe(3);
    expect(error.details?.['dependents']).toEqual([`validator:team.${dependent.name}@1.0.0`]);
    await refusal(test.registry.remove(target.uuid, { reason: 'x', force: true }, writer()), 'SX001');
    expect((await test.registry.remove(target.uuid, { reason: 'x', force: true }, context())).data.op).toBe('archived');
  });

  it('is allowed while another version serves, or the dependency is optional, or the dependent is archived', async () => {
    const old = await registered('served', { lifecycle: 'canary' });
    await registered('served', { version: '1.1.0' });
    await registered('served-user', { dependencies: [dependsOn('served', '^1')] });
    expect((await test.registry.remove(old.uuid, { reason: 'x' }, writer())).data.op).toBe('archived');
    const optional = await registered('optional', { lifecycle: 'canary' });
    await registered('optional-user', { dependencies: [dependsOn('optional', '*', { required: false })] });
    expect((await test.registry.remove(optional.uuid, { reason: 'x' }, writer())).data.op).toBe('archived');
    const last = await registered('last', { lifecycle: 'canary' });
    const user = await registered('last-user', { lifecycle: 'draft', dependencies: [dependsOn('last')] });
    await test.registry.remove(user.uuid, { reason: 'x' }, writer());
    expect((await test.registry.remove(last.uuid, { reason: 'x' }, writer())).data.op).toBe('archived');
  });

  it('never meets a dependent that is being written', async () => {
    for (let round = 0; round < 8; round++) {
      const target = await registered(`contested-${round}`, { lifecycle: 'canary' });
      const dependent = validatorDocument(`contender-${round}`, { dependencies: [dependsOn(target.name)] });
      const [removed, written] = await Promise.allSettled([
        test.registry.remove(target.uuid, { reason: 'x' }, writer()),
        test.registry.register(dependent, {}, context()),
      ]);
      expect(written.status).toBe('fulfilled');
      // Whoever came second knew of the first: the removal was refused, or the registration warned.
      if (removed.status === 'rejected') expect(removed.reason).toMatchObject({ code: 'RG014' });
      else expect(written).toMatchObject({ value: { warnings: [expect.objectContaining({ code: 'RG007' })] } });
    }
  });
});

describe('deleting', () => {
  it('removes a draft for good and keeps its history', async () => {
    const document = await registered('deleted', { lifecycle: 'draft', dependencies: [dependsOn('whatever')] });
    const { uuid } = document;
    const { data } = await test.registry.remove(uuid, { hard: true, reason: 'a mistake' }, writer());
    expect(data).toEqual({ uuid, revision: 2, op: 'removed' });
    await refusal(test.registry.lookup(uuid, {}, context()), 'RG001');
    expect(await rowsOf(test.database, 'SELECT 1 FROM component_dependencies WHERE from_uuid = $1', [uuid])).toEqual(
      [],
    );
    const history = await rowsOf(
      test.database,
      'SELECT revision, op FROM component_revisions WHERE uuid = $1 ORDER BY revision',
      [uuid],
    );
    expect(history).toEqual([
      { revision: 1, op: 'registered' },
      { revision: 2, op: 'removed' },
    ]);
    await refusal(test.registry.remove(uuid, { hard: true }, writer()), 'RG001');
    // Revisions never restart.
    expect((await test.registry.register(document, {}, context())).data).toMatchObject({ created: true, revision: 3 });
  });

  it('of anything but a draft needs an administrator', async () => {
    const { uuid } = await registered('kept', { lifecycle: 'experimental' });
    await refusal(test.registry.remove(uuid, { hard: true }, writer()), 'SX001');
    expect((await test.registry.remove(uuid, { hard: true }, context(['*']))).data.op).toBe('removed');
  });

  it('is refused while an edge points to the uuid, even by force', async () => {
    const target = await registered('pointed', { lifecycle: 'draft' });
    await registered('pointer', { dependencies: [dependsOn(target.uuid, '*', { required: false })] });
    const error = await refusal(test.registry.remove(target.uuid, { hard: true, force: true }, context()), 'RG014');
    expect(error.message).toContain('points to it');
  });
});

it('refuses references that name nothing or too much', async () => {
  await refusal(test.registry.remove(randomUUID(), { reason: 'x' }, writer()), 'RG001');
  await registered('both', { namespace: 'one' });
  await registered('both', { namespace: 'two' });
  await refusal(test.registry.remove('both', { reason: 'x' }, writer()), 'RG013');
});
