import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../../../db/stores/audit/verify-chain.ts';
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

const update = (ref: string, patch: unknown, options: object = {}, by = context()) =>
  test.registry.update(ref, patch, options, by);

describe('update', () => {
  it('merges a patch and raises the revision', async () => {
    const { uuid } = await registered('merged', { tags: ['a', 'b'], x_extensions: { team: { floor: 1, room: 2 } } });
    const patch = { tags: ['c'], x_extensions: { team: { room: 3 } }, description: null, weight: 7 };
    const { data, warnings } = await update(uuid, patch, { reason: 'because' });
    expect(data.registry.revision).toBe(2);
    expect(data.metadata).toMatchObject({ tags: ['c'], weight: 7, x_extensions: { team: { floor: 1, room: 3 } } });
    expect(data.metadata.description).toBeUndefined();
    expect(warnings.map(({ code }) => code)).toEqual(['LC002']);
    expect((await test.registry.lookup(uuid, {}, context())).data).toEqual(data);
    const [revision] = await rowsOf(
      test.database,
      'SELECT op, patch, reason FROM component_revisions WHERE uuid = $1 AND revision = 2',
      [uuid],
    );
    expect(revision).toEqual({ op: 'updated', patch, reason: 'because' });
    const [audit] = await rowsOf<{ paths: string[] }>(
      test.database,
      `SELECT paths FROM audit_log WHERE subject = $1 ORDER BY seq DESC LIMIT 1`,
      [`component/${uuid}`],
    );
    expect(audit?.paths).toEqual(expect.arrayContaining(['description', 'tags', 'weight', 'x_extensions.team.room']));
    expect(new Date(data.registry.updated_at) >= new Date(data.registry.registered_at)).toBe(true);
  });

  it('writes nothing when nothing changes', async () => {
    const { uuid } = await registered('same', { tags: ['a'] });
    const { data } = await update(uuid, { tags: ['a', 'a'], uuid: uuid.toUpperCase() });
    expect(data.registry.revision).toBe(1);
    expect(await rowsOf(test.database, 'SELECT 1 FROM registry_changes WHERE uuid = $1', [uuid])).toHaveLength(1);
  });

  it('finds the component by any reference', async () => {
    await registered('by-name');
    expect((await update('by-name', { weight: 2 })).data.registry.revision).toBe(2);
    expect((await update('validator:team.by-name@^1', { weight: 3 })).data.registry.revision).toBe(3);
    const { uuid } = await registered('by-uuid-and-spec');
    expect((await update(`${uuid}@1.0.0`, { weight: 3 })).data.registry.revision).toBe(2);
    await refusal(update(`${uuid}@^2`, { weight: 3 }), 'RG008');
  });

  it('refuses an unknown component', async () => {
    await refusal(update(randomUUID(), { weight: 1 }), 'RG001');
    await refusal(update(randomUUID(), { dependencies: [] }), 'RG001');
    await refusal(update('nobody-home', { weight: 1 }), 'RG001');
    await refusal(update('not a reference', { weight: 1 }), 'QY003');
  });

  it.each([
    ['text', 'SC004', 'weight'],
    ['null', 'SC004', null],
    ['a list', 'SC004', [{ weight: 1 }]],
    ['a synonym', 'SC009', { include: ['*.md'] }],
    ['a wrong value', 'SC006', { weight: 1000 }],
    ['an immutable field', 'RG012', { version: '1.0.1' }],
    ['the uuid', 'RG012', { uuid: randomUUID() }],
    ['a frozen field', 'RG012', { files: ['*.md'] }],
    ['deprecation without a replacement', 'LC005', { lifecycle: 'deprecated' }],
    [
      'deprecation by a component that does not exist',
      'LC005',
      { lifecycle: 'deprecated', deprecated_by: 'team.nothing' },
    ],
    ['an illegal transition', 'LC003', { lifecycle: 'draft' }],
  ] as const)('refuses %s', async (what, code, patch) => {
    const { uuid } = await registered(`refused-${what.replaceAll(' ', '-')}`);
    const error = await refusal(update(uuid, patch), code);
    expect(error.exitCode).toBe(2);
    expect((await test.registry.lookup(uuid, {}, context())).data.registry.revision).toBe(1);
  });

  it('changes frozen fields by force of an administrator, and records it', async () => {
    const { uuid } = await registered('forced-update');
    await refusal(update(uuid, { files: ['*.md'] }, { force: true }, context(['registry.write'])), 'SX001');
    expect((await update(uuid, { files: ['*.md'] }, { force: true })).data.metadata.files).toEqual(['*.md']);
    const rows = await rowsOf<{ outcome: string; code: string | null; details: Record<string, unknown> }>(
      test.database,
      `SELECT outcome, code, details FROM audit_log WHERE subject = $1 ORDER BY seq`,
      [`component/${uuid}`],
    );
    expect(rows.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['allowed', null],
      ['denied', 'SX001'],
      ['allowed', null],
    ]);
    expect(rows[2]?.details).toMatchObject({ forced: ['files'], revision: 2 });
  });

  it('moves through the lifecycle and drops what belongs to the state it leaves', async () => {
    const replacement = await registered('next-one');
    const { uuid } = await registered('ageing', { lifecycle: 'experimental' });
    expect((await update(uuid, { lifecycle: 'stable' })).data.metadata.lifecycle).toBe('active');
    const patch = { lifecycle: 'deprecated', deprecated_by: replacement.uuid, end_of_life_date: '2027-01-01' };
    expect((await update(uuid, patch)).data.metadata).toMatchObject({
      lifecycle: 'deprecated',
      deprecated_by: replacement.uuid,
    });
    await refusal(update(uuid, { lifecycle: 'active' }, {}, context(['registry.write'])), 'SX001');
    await refusal(update(uuid, { lifecycle: 'active' }), 'SC003');
    const { data } = await update(uuid, { lifecycle: 'active' }, { reason: 'needed again' });
    expect(data.metadata).not.toHaveProperty('deprecated_by');
    expect(data.metadata).not.toHaveProperty('end_of_life_date');
    const ops = await rowsOf<{ op: string }>(
      test.database,
      'SELECT op FROM registry_changes WHERE uuid = $1 ORDER BY seq',
      [uuid],
    );
    expect(ops.map(({ op }) => op)).toEqual(['registered', 'transitioned', 'transitioned', 'transitioned']);
  });

  it('drops a signature with the content it signed', async () => {
    const signature_block = { algorithm: 'ed25519', signature: 'AAAA' };
    const { uuid } = await registered('signed', { lifecycle: 'draft', signature_block });
    const operational = await update(uuid, { status: 'inactive' });
    expect(operational.data.metadata.signature_block).toEqual(signature_block);
    const content = await update(uuid, { tags: ['changed'] });
    expect(content.data.metadata.signature_block).toBeUndefined();
    const signed = await update(uuid, { tags: ['again'], signature_block });
    expect(signed.data.metadata.signature_block).toEqual(signature_block);
  });

  it('tries a dry run and stores nothing', async () => {
    const { uuid } = await registered('dry-update');
    const { data } = await update(uuid, { weight: 9 }, { dry_run: true });
    expect(data).toMatchObject({ metadata: { weight: 9 }, registry: { revision: 2 } });
    expect((await test.registry.lookup(uuid, {}, context())).data).toMatchObject({
      metadata: { weight: 1 },
      registry: { revision: 1 },
    });
  });

  it('replays the answer under an idempotency key', async () => {
    const { uuid } = await registered('keyed-update');
    const options = { idempotency_key: 'update-1' };
    const first = await update(uuid, { weight: 4 }, options);
    await update(uuid, { weight: 5 });
    expect((await update(uuid, { weight: 4 }, options)).data).toEqual(first.data);
    await refusal(update(uuid, { weight: 6 }, options), 'RG020');
  });

  it('replaces the edges when dependencies change', async () => {
    await registered('target-a');
    const { uuid } = await registered('moving', {
      lifecycle: 'draft',
      dependencies: [dependsOn('target-a'), dependsOn('target-b')],
    });
    const { warnings } = await update(uuid, { dependencies: [dependsOn('target-c', '^3'), dependsOn('target-a')] });
    expect(warnings.map(({ code, path }) => `${code} ${path}`)).toContain('RG007 dependencies.0');
    const edges = await rowsOf(
      test.database,
      'SELECT ordinal, target_name, version_spec FROM component_dependencies WHERE from_uuid = $1 ORDER BY ordinal',
      [uuid],
    );
    expect(edges).toEqual([
      { ordinal: 0, target_name: 'target-c', version_spec: '^3' },
      { ordinal: 1, target_name: 'target-a', version_spec: '*' },
    ]);
    await update(uuid, { weight: 8 });
    expect(
      await rowsOf(test.database, 'SELECT 1 FROM component_dependencies WHERE from_uuid = $1', [uuid]),
    ).toHaveLength(2);
  });
});

describe('a stale revision', () => {
  it('is refused with both sides', async () => {
    const { uuid } = await registered('conflict', { tags: ['a'] });
    await update(uuid, { tags: ['theirs'], description: 'theirs' });
    const error = await refusal(update(uuid, { tags: ['yours'], weight: 3 }, { if_revision: 1 }), 'RG011');
    expect(error.exitCode).toBe(3);
    expect(error.httpStatus).toBe(409);
    expect(error.details).toEqual({
      uuid,
      expected: 1,
      current: 2,
      theirs: { tags: ['theirs'], description: 'theirs' },
      yours: { tags: ['yours'], weight: 3 },
      overlapping: ['tags'],
    });
  });

  it('that never was has no difference to show', async () => {
    const { uuid } = await registered('conflict-2');
    const error = await refusal(update(uuid, { weight: 3 }, { if_revision: 7 }), 'RG011');
    expect(error.details).toMatchObject({ expected: 7, current: 1, theirs: null, overlapping: [] });
  });

  it('loses no update when several writers repeat theirs', async () => {
    const { uuid } = await registered('counted', { lifecycle: 'draft', x_extensions: { count: 0 } });
    const addOne = async (): Promise<void> => {
      for (;;) {
        const { data } = await test.registry.lookup(uuid, {}, context());
        const count = Number(data.metadata.x_extensions['count']) + 1;
        try {
          await update(uuid, { x_extensions: { count } }, { if_revision: data.registry.revision });
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: 'RG011' });
        }
      }
    };
    await Promise.all(
      [1, 2, 3].map(async () => {
        for (let turn = 0; turn < 5; turn++) await addOne();
      }),
    );
    const { data } = await test.registry.lookup(uuid, {}, context());
    expect(data.metadata.x_extensions['count']).toBe(15);
    expect(data.registry.revision).toBe(16);
  });

  it('is no matter without if_revision: three writers at once each change their own field', async () => {
    const { uuid } = await registered('three', { lifecycle: 'draft' });
    await Promise.all([
      update(uuid, { x_extensions: { a: 1 } }),
      update(uuid, { x_extensions: { b: 2 } }),
      update(uuid, { x_extensions: { c: 3 } }),
    ]);
    const { data } = await test.registry.lookup(uuid, {}, context());
    expect(data.metadata.x_extensions).toEqual({ a: 1, b: 2, c: 3 });
    expect(data.registry.revision).toBe(4);
  });

  it('never plans edges on a state that is gone', async () => {
    const { uuid } = await registered('edge-race', { lifecycle: 'draft', dependencies: [dependsOn('x-0')] });
    await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        update(uuid, index % 2 === 0 ? { dependencies: [dependsOn(`x-${index}`)] } : { weight: index }),
      ),
    );
    const { data } = await test.registry.lookup(uuid, {}, context());
    const edges = await rowsOf<{ target_name: string }>(
      test.database,
      'SELECT target_name FROM component_dependencies WHERE from_uuid = $1',
      [uuid],
    );
    expect(edges.map(({ target_name }) => target_name)).toEqual(
      data.metadata.dependencies.map(({ target }) => target.name),
    );
    expect(await verifyAuditChain(test.database)).toMatchObject({ broken: null });
  });
});
