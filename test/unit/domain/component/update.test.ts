import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { planUpdate, type UpdateContext } from '../../../../domain/component/update.ts';
import { accepted } from './corpus.ts';
import { changed, documentA, modelOf, otherUuid } from './documents.ts';

const current = modelOf(documentA);
const draft = modelOf(changed(documentA, { lifecycle: 'draft' }));
const deprecated = modelOf(
  changed(documentA, { lifecycle: 'deprecated', deprecated_by: otherUuid, end_of_life_date: '2030-01-01' }),
);

function failure(run: () => unknown): OmniBaseError {
  try {
    run();
  } catch (error) {
    if (error instanceof OmniBaseError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('planUpdate', () => {
  it.each([
    [{ description: 'New.' }, ['description']],
    [{ tags: ['b', 'a'], description: 'New.' }, ['description', 'tags']],
    [{ description: null }, ['description']],
    [{ resources: { cpu: 2 } }, ['resources.cpu']],
    [{ x_extensions: { a: { b: 1 } } }, ['x_extensions.a']],
    [{ idempotent: true }, ['idempotent', 'retries']],
    [{}, []],
    [{ author: ' Ada ' }, []],
    [{ tags: null, status: 'active' }, []],
    [{ uuid: documentA['uuid'], version: ' 1.2.3 ', created_at: '2026-01-31T13:00:00+01:00' }, []],
  ])('%j changes %j', (patch, paths) => {
    expect(planUpdate(current, patch)).toMatchObject({ changed: paths, transition: 'unchanged', forced: [] });
  });

  it('lets a default follow the field it depends on', () => {
    const retried = planUpdate(current, { idempotent: true }).metadata;
    expect(retried.retries).toBe(2);
    expect(planUpdate(retried, { idempotent: false }).metadata.retries).toBe(0);
    const explicit = planUpdate(retried, { retries: 5 }).metadata;
    expect(failure(() => planUpdate(explicit, { idempotent: false })).code).toBe('SC002');
  });

  it.each([
    [null, 'SC004'],
    [[], 'SC004'],
    ['x', 'SC004'],
    [{ timeout: '1s' }, 'SC009'],
    [{ meta_type: 'tool' }, 'SC009'],
    [{ capabilities: [] }, 'SC009'],
    [{ licence: 'MIT' }, 'SC009'],
    [{ uuid: otherUuid }, 'RG012'],
    [{ uuid: null }, 'RG012'],
    [{ uuid: 'nope' }, 'RG012'],
    [{ type: 'tool' }, 'RG012'],
    [{ namespace: 'other' }, 'RG012'],
    [{ namespace: null }, 'RG012'],
    [{ name: 'other' }, 'RG012'],
    [{ version: '2.0.0' }, 'RG012'],
    [{ created_at: null }, 'RG012'],
    [{ entrypoint: 'builtin:other' }, 'RG012'],
    [{ mode: 'fix', files: ['a'] }, 'RG012'],
    [{ tags: 'a' }, 'SC004'],
    [{ tags: [null] }, 'SC004'],
    [{ status: 'off' }, 'SC005'],
    [{ lifecycle: 'canary' }, 'LC003'],
    [{ lifecycle: 'gone' }, 'LC001'],
    [{ lifecycle: 'deprecated' }, 'LC005'],
    [{ lifecycle: 'archived' }, 'LC006'],
    [{ lifecycle: 'archived', archived_reason: 'old' }, 'SX001'],
    [JSON.parse('{"x_extensions": {"__proto__": 1}}'), 'SC002'],
    [{ x_extensions: { a: '\0' } }, 'SC002'],
    [{ nope: 1 }, 'SC010', { strict: true }],
  ])('%j is refused with %s', (patch, code, context?: UpdateContext) => {
    expect(failure(() => planUpdate(current, patch, context)).code).toBe(code);
  });

  it('names every fixed and every frozen field at once', () => {
    expect(failure(() => planUpdate(current, { name: 'x', version: '2.0.0' })).details).toEqual({
      fields: ['name', 'version'],
    });
    expect(failure(() => planUpdate(current, { mode: 'fix', files: ['a'] }))).toMatchObject({
      details: { fields: ['mode', 'files'] },
      exitCode: 2,
      class: 'ImmutableFieldError',
    });
    expect(failure(() => planUpdate(current, { timeout: 1, profile: 'ci' })).issues?.map(({ path }) => path)).toEqual([
      'timeout',
      'profile',
    ]);
  });

  it('may add what was absent, but not a date of creation', () => {
    const undated = modelOf(changed(documentA, { created_at: undefined }));
    expect(planUpdate(undated, { created_at: null, owner: 'Ada' }).changed).toEqual(['owner']);
    expect(failure(() => planUpdate(undated, { created_at: '2026-01-01T00:00:00Z' })).code).toBe('RG012');
  });

  it('changes frozen fields of a draft', () => {
    expect(planUpdate(draft, { mode: 'fix', entrypoint: 'builtin:other' }).changed).toEqual(['entrypoint.id', 'mode']);
  });

  it('changes frozen fields by force of an administrator', () => {
    expect(failure(() => planUpdate(current, { mode: 'fix' }, { force: true })).code).toBe('SX001');
    expect(failure(() => planUpdate(current, { mode: 'fix' }, { admin: true })).code).toBe('RG012');
    expect(planUpdate(current, { mode: 'fix' }, { force: true, admin: true })).toMatchObject({
      changed: ['mode'],
      forced: ['mode'],
    });
  });

  it('moves through the lifecycle', () => {
    expect(planUpdate(draft, { lifecycle: 'active' })).toMatchObject({ transition: 'allowed', changed: ['lifecycle'] });
    expect(planUpdate(draft, { lifecycle: 'stable' }).metadata.lifecycle).toBe('active');
    expect(
      planUpdate(current, { lifecycle: 'archived', archived_reason: 'old' }, { admin: true, reason: 'why' }).transition,
    ).toBe('override');
    expect(planUpdate(current, { lifecycle: 'deprecated', deprecated_by: 'core.new' })).toMatchObject({
      transition: 'allowed',
    });
  });

  it('leaves the fields of deprecated behind, unless the patch sets them', () => {
    const archived = planUpdate(deprecated, { lifecycle: 'archived', archived_reason: 'old' });
    expect(archived.changed).toEqual(['archived_reason', 'deprecated_by', 'end_of_life_date', 'lifecycle']);
    expect(archived.metadata).not.toHaveProperty('deprecated_by');
    const kept = planUpdate(deprecated, { lifecycle: 'archived', archived_reason: 'old', deprecated_by: 'core.new' });
    expect(kept.metadata.deprecated_by).toBe('core.new');
    expect(planUpdate(deprecated, { description: 'New.' }).metadata.deprecated_by).toBe(otherUuid);
    expect(planUpdate(deprecated, { lifecycle: null }, { admin: true, reason: 'mistake' })).toMatchObject({
      transition: 'override',
      metadata: { lifecycle: 'active' },
    });
    expect(failure(() => planUpdate(deprecated, { deprecated_by: null })).code).toBe('LC005');
  });

  it('hands on the warnings of the result', () => {
    expect(planUpdate(current, { nope: 1 }).warnings).toMatchObject([{ code: 'SC010', path: 'nope' }]);
  });

  it('accepts for a draft every value that a document accepts', () => {
    const fixed = ['uuid', 'type', 'namespace', 'name', 'version', 'created_at', 'lifecycle'];
    const patchable = accepted.filter(([field]) => !fixed.includes(field));
    fc.assert(
      fc.property(fc.subarray(patchable, { maxLength: 10 }), (cases) => {
        const patch = Object.fromEntries(cases.map(([field, given]) => [field, given]));
        fc.pre(
          patch['idempotent'] !== true &&
            !Object.values(patch).some((value) => JSON.stringify(value ?? '').includes('null')),
        );
        expect(planUpdate(draft, patch).metadata).toEqual(
          modelOf(changed(documentA, { lifecycle: 'draft', ...patch })),
        );
      }),
      { numRuns: 300 },
    );
  });
});
