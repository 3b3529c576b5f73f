import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dependsOn, validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, rowsOf, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
});

afterAll(() => test.close());

const register = (name: string, targets: unknown[], more: Record<string, unknown> = {}) =>
  test.registry.register(
    validatorDocument(name, { lifecycle: 'active', dependencies: targets, ...more }),
    {},
    context(),
  );

describe('a circle of dependencies', () => {
  it('is refused with its path, and nothing is stored', async () => {
    await register('one', [dependsOn('two')]);
    await register('two', [dependsOn('three')]);
    const error = await refusal(register('three', [dependsOn('one')]), 'RG006');
    expect(error.exitCode).toBe(3);
    expect(error.details).toMatchObject({ path: 'three@1.0.0 -> one@1.0.0 -> two@1.0.0 -> three@1.0.0' });
    expect(await rowsOf(test.database, `SELECT 1 FROM components WHERE name = 'three'`)).toEqual([]);
    expect(await rowsOf(test.database, `SELECT 1 FROM component_dependencies WHERE target_name = 'one'`)).toEqual([]);
  });

  it('is refused when an update closes it', async () => {
    await register('u-one', [dependsOn('u-two', '1.0.0')], { lifecycle: 'draft' });
    await register('u-two', [], { lifecycle: 'draft' });
    await register('u-three', [dependsOn('u-one', '1.0.0')], { lifecycle: 'draft' });
    await refusal(
      test.registry.update('u-two@1.0.0', { dependencies: [dependsOn('u-three', '1.0.0')] }, {}, context()),
      'RG006',
    );
  });

  it('is refused in a dry run as well', async () => {
    await register('d-one', [dependsOn('d-two')]);
    const closing = validatorDocument('d-two', { dependencies: [dependsOn('d-one')] });
    await refusal(test.registry.register(closing, { dry_run: true }, context()), 'RG006');
  });

  it.each([
    ['its name', 'self-name'],
    ['its namespace and name', 'team.self-path'],
  ])('of one component is found by %s', async (_how, target) => {
    await refusal(register(target.replace('team.', ''), [dependsOn(target)]), 'RG006');
  });

  it('of one component is found by its namespace alone', async () => {
    await refusal(register('self-namespace', [dependsOn('alone')], { namespace: 'alone' }), 'RG006');
  });

  it('is found by uuid, whatever the version', async () => {
    const second = randomUUID();
    const { data } = await register('by-uuid-one', [dependsOn(second)]);
    await refusal(register('by-uuid-two', [dependsOn(data.uuid)], { uuid: second }), 'RG006');
  });

  it('runs over the version a range binds to, not over others of the same name', async () => {
    await register('lib', [], { version: '1.0.0' });
    await register('app', [dependsOn('lib', '^1.0.0')]);
    // lib 2 may need app: app stays on lib 1.
    await register('lib', [dependsOn('app')], { version: '2.0.0' });
    // lib 1.5 may not: app would move to it.
    await refusal(register('lib', [dependsOn('app')], { version: '1.5.0' }), 'RG006');
    // A draft or an inactive one is never bound to by a range.
    await register('lib', [dependsOn('app')], { version: '1.6.0', lifecycle: 'draft' });
    await register('lib', [dependsOn('app')], { version: '1.7.0', status: 'inactive' });
    await register('lib', [dependsOn('app')], { version: '1.8.0-rc.1' });
  });

  it('ignores external edges and other kinds', async () => {
    const tool = randomUUID();
    await register('artifact', [], { produced_by: tool });
    await register('maker', [dependsOn('artifact')], { uuid: tool });
    await register('outside', [{ name: 'outside', type: 'library', target: 'outside' }]);
    expect((await test.registry.search({ name_pattern: '*' }, context())).data.items.length).toBeGreaterThan(0);
  });

  it('prefers a name over a namespace, as references do', async () => {
    await register('words', [], { namespace: 'other' });
    // `words` names the component above, not the namespace below.
    await register('in-words', [dependsOn('words')], { namespace: 'words' });
  });

  it.each([2, 3, 4, 6])('of %i components registered at once is never closed', async (size) => {
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: size }, (_, index) => `ring-${size}-${round}-${index}`);
      const answers = await Promise.allSettled(
        names.map((name, index) => register(name, [dependsOn(names[(index + 1) % size] ?? '')])),
      );
      const refused = answers.filter((answer) => answer.status === 'rejected');
      expect(refused.length).toBeGreaterThanOrEqual(1);
      for (const { reason } of refused) expect(reason).toMatchObject({ code: 'RG006' });
    }
  });

  it('is not closed by two chains that meet while both are written', async () => {
    for (let round = 0; round < 10; round++) {
      const name = (letter: string) => `chain-${round}-${letter}`;
      await register(name('b'), [dependsOn(name('c'))]);
      await register(name('d'), [dependsOn(name('a'))]);
      const answers = await Promise.allSettled([
        register(name('a'), [dependsOn(name('b'))]),
        register(name('c'), [dependsOn(name('d'))]),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('is not closed through a namespace while both sides are written', async () => {
    for (let round = 0; round < 15; round++) {
      const space = `space-${round}`;
      await register(`middle-${round}`, [dependsOn(`end-${round}`)]);
      const answers = await Promise.allSettled([
        register(`start-${round}`, [dependsOn(`middle-${round}`)], { namespace: space }),
        register(`end-${round}`, [dependsOn(space)]),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});
