/**
 * What every implementation of `RegistryApi` must do, whatever lies between it and Postgres: one suite, run on the
 * service itself and on the client behind a gateway. It covers each operation, each kind of refusal and everything
 * that must survive a border; the rules in depth are tested at the service.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { CallContext, RegistryApi, SearchQuery } from '../../../contracts/registry.ts';
import { context } from '../registry/support/registry.ts';
import { dependsOn, validatorDocument } from '../registry/support/documents.ts';

export interface ContractSubject {
  readonly registry: RegistryApi;
  close(): Promise<void>;
}

export function registryContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`registry contract: ${name}`, () => {
    let subject: ContractSubject;
    let registry: RegistryApi;
    const call: CallContext = context();
    /** Names of this run: several suites may share a database. */
    const own = (word: string) => `${word}-${randomUUID().slice(0, 8)}`;
    const refused = async (work: Promise<unknown>): Promise<OmniBaseError> => {
      const error = await work.then(
        () => new Error('the call succeeded'),
        (cause: unknown) => cause,
      );
      expect(error).toBeInstanceOf(OmniBaseError);
      return error as OmniBaseError;
    };

    beforeAll(async () => {
      subject = await open();
      registry = subject.registry;
    });
    afterAll(() => subject.close());

    describe('register', () => {
      it('creates once, then is unchanged, and says how fresh its answer is', async () => {
        const document = validatorDocument(own('created'), { tags: ['b', 'a'] });
        const first = await registry.register(document, {}, call);
        const second = await registry.register(document, {}, call);
        expect(first.data).toMatchObject({
          uuid: document.uuid,
          revision: 1,
          registered: true,
          created: true,
          unchanged: false,
        });
        expect(second.data).toEqual({ ...first.data, created: false, unchanged: true });
        expect(first.freshness).toMatchObject({ source: 'postgres', level: 'authority', stale: false, complete: true });
        expect(first.warnings).toEqual([]);
      });

      it('refuses a document with all its problems', async () => {
        const { uuid: _, ...document } = validatorDocument(own('broken'), { version: 'one', lifecycle: 'ripe' });
        const error = await refused(registry.register(document, {}, call));
        expect([error.class, error.exitCode, error.httpStatus]).toEqual(['MetadataValidationError', 2, 422]);
        expect(error.issues?.map(({ path }) => path).sort()).toEqual(['lifecycle', 'uuid', 'version']);
        expect(error.next).not.toBe('');
      });

      it.each([['text'], [[1]], [null], [7], [true]])('refuses %j', async (document) => {
        expect((await refused(registry.register(document, {}, call))).class).toBe('MetadataValidationError');
      });

      it('refuses other content under a known uuid, and replaces it by force', async () => {
        const document = validatorDocument(own('changed'));
        await registry.register(document, {}, call);
        const other = { ...document, description: 'something else' };
        const error = await refused(registry.register(other, {}, call));
        expect([error.code, error.class, error.exitCode]).toEqual(['RG002', 'DuplicateComponentError', 2]);
        expect((await registry.register(other, { force: true, reason: 'because' }, call)).data).toMatchObject({
          revision: 2,
          created: false,
        });
      });

      it('only says what it would do on a dry run', async () => {
        const document = validatorDocument(own('dry'));
        expect((await registry.register(document, { dry_run: true }, call)).data).toMatchObject({
          registered: false,
          would: 'create',
        });
        expect((await refused(registry.lookup(document.uuid, {}, call))).code).toBe('RG001');
      });

      it('warns beside its success, and refuses the same when strict', async () => {
        const document = validatorDocument(own('odd'), { dependencies: [dependsOn(own('missing'))] });
        const { warnings } = await registry.register(document, {}, call);
        expect(warnings.length).toBeGreaterThan(0);
        const again = validatorDocument(own('odd'), { dependencies: [dependsOn(own('missing'))] });
        expect((await refused(registry.register(again, { strict: true }, call))).issues?.length).toBeGreaterThan(0);
      });

      it('replays an idempotency key and refuses it for another document', async () => {
        const idempotency_key = own('key');
        const document = validatorDocument(own('keyed'));
        const first = await registry.register(document, { idempotency_key }, call);
        expect((await registry.register(document, { idempotency_key }, call)).data).toEqual(first.data);
        expect(
          (await refused(registry.register(validatorDocument(own('other')), { idempotency_key }, call))).code,
        ).toBe('RG020');
      });

      it('keeps where a document came from', async () => {
        const document = validatorDocument(own('sourced'));
        await registry.register(document, { source: { kind: 'file', ref: '/srv/v ä.yml' } }, call);
        expect((await registry.lookup(document.uuid, {}, call)).data.registry.source).toEqual({
          kind: 'file',
          ref: '/srv/v ä.yml',
        });
      });

      it('stores any text as it is', async () => {
        const description = 'Zeile 1\nZeile 2\t"quoted" \\ 🦉 \u2028 <b>&amp;</b> \u0001';
        const document = validatorDocument(own('text'), { description, 'x-note': { deep: [null, 0.5, 'ü'] } });
        await registry.register(document, {}, call);
        const { data } = await registry.lookup(document.uuid, {}, call);
        expect(data.metadata.description).toBe(description);
      });
    });

    describe('lookup', () => {
      it('finds by uuid, name, reference and range', async () => {
        const name = own('found');
        const versions = ['1.0.0', '1.4.0', '2.0.0-rc.1'];
        for (const version of versions) await registry.register(validatorDocument(name, { version }), {}, call);
        const versionOf = async (ref: string, options = {}) =>
          (await registry.lookup(ref, options, call)).data.metadata.version;
        expect(await versionOf(name)).toBe('1.4.0');
        expect(await versionOf(`validator:team.${name}@~1.0`)).toBe('1.0.0');
        expect(await versionOf(`team.${name}`, { version_spec: '1.0.0' })).toBe('1.0.0');
        expect(await versionOf(name, { version_spec: '>=2.0.0-0', include_prerelease: true })).toBe('2.0.0-rc.1');
        expect((await refused(registry.lookup(name, { version_spec: '^9' }, call))).code).toBe('RG008');
      });

      it('names near names when nothing is found', async () => {
        const name = own('almost');
        await registry.register(validatorDocument(name), {}, call);
        const error = await refused(registry.lookup(name.replace('almost', 'almots'), {}, call));
        expect([error.code, error.class, error.exitCode]).toEqual(['RG001', 'RegistryLookupError', 3]);
        expect(JSON.stringify(error.details)).toContain(name);
      });

      it.each([
        '',
        ' ',
        '..',
        '../../etc/passwd',
        '@',
        'a@@b',
        'validator:',
        '%2e%2e',
        'a/b/c',
        "x' or '1'='1",
        '🦉',
        'x'.repeat(600),
      ])('refuses the reference %j with an error of its own', async (ref) => {
        const error = await refused(registry.lookup(ref, {}, call));
        expect(['QY002', 'QY003', 'RG001']).toContain(error.code);
      });
    });

    describe('search', () => {
      const tag = `t-${randomUUID().slice(0, 8)}`;
      const names = ['ant', 'bee', 'cat', 'dog', 'eel'].map((animal) => `${animal}-${tag}`);
      const found = async (query: SearchQuery) =>
        (await registry.search({ view: 'all', ...query }, call)).data.items.map(({ metadata }) => metadata.name);

      beforeAll(async () => {
        for (const [index, name] of names.entries()) {
          const tags = [tag, index % 2 === 0 ? 'even' : 'odd', 'with space & sign'];
          const lifecycle = index === 4 ? 'experimental' : 'active';
          await registry.register(
            validatorDocument(name, { tags, lifecycle, description: `number ${index}` }),
            {},
            call,
          );
        }
      });

      it('combines criteria', async () => {
        expect(await found({ tags: [tag] })).toEqual(names);
        expect(await found({ tags: [tag, 'even'] })).toEqual([names[0], names[2], names[4]]);
        expect(await found({ tags: [tag, 'with space & sign'], lifecycle: ['experimental'] })).toEqual([names[4]]);
        expect(await found({ tags: [tag], any_tag: ['odd', 'nowhere'] })).toEqual([names[1], names[3]]);
        expect(await found({ tags: [tag], text: 'cat-' })).toEqual([names[2]]);
        expect(await found({ tags: [tag], type: ['tool', 'test'] })).toEqual([]);
        expect(await found({ tags: [tag], sort: [{ key: 'name', order: 'desc' }], limit: 2 })).toEqual([
          names[4],
          names[3],
        ]);
      });

      it('pages through everything once, and counts on request', async () => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const { data } = await registry.search(
            { view: 'all', tags: [tag], limit: 2, with_total: true, ...(cursor === undefined ? {} : { cursor }) },
            call,
          );
          expect(data.page).toMatchObject({ limit: 2, total: 5 });
          seen.push(...data.items.map(({ metadata }) => metadata.name));
          cursor = data.page.next_cursor ?? undefined;
          expect(data.page.has_more).toBe(cursor !== undefined);
        } while (cursor !== undefined);
        expect(seen).toEqual(names);
      });

      it('refuses a cursor of another search, or none of ours', async () => {
        const { data } = await registry.search({ view: 'all', tags: [tag], limit: 1 }, call);
        const cursor = data.page.next_cursor ?? '';
        for (const query of [
          { tags: ['other'], cursor },
          { tags: [tag], cursor: 'nonsense' },
        ]) {
          expect((await refused(registry.search({ view: 'all', limit: 1, ...query }, call))).code).toBe('QY004');
        }
      });

      it('answers an empty page when nothing fits', async () => {
        const { data } = await registry.search({ tags: [own('nobody')], with_total: true }, call);
        expect(data).toMatchObject({ items: [], page: { has_more: false, next_cursor: null, total: 0 } });
      });
    });

    describe('update', () => {
      it('merges, removes with null, and counts the revision only when something changed', async () => {
        const document = validatorDocument(own('patched'), { tags: ['a'] });
        await registry.register(document, {}, call);
        const changed = await registry.update(
          document.uuid,
          { tags: ['b'], description: null },
          { if_revision: 1, reason: 'why' },
          call,
        );
        expect(changed.data.metadata.tags).toEqual(['b']);
        expect(changed.data.metadata).not.toHaveProperty('description');
        expect(changed.data.registry.revision).toBe(2);
        expect((await registry.update(document.uuid, { tags: ['b'] }, {}, call)).data.registry.revision).toBe(2);
        expect((await registry.lookup(document.uuid, {}, call)).data).toEqual(changed.data);
      });

      it('refuses a stale revision with both sides', async () => {
        const document = validatorDocument(own('raced'));
        await registry.register(document, {}, call);
        await registry.update(document.uuid, { description: 'theirs' }, {}, call);
        const error = await refused(registry.update(document.uuid, { description: 'mine' }, { if_revision: 1 }, call));
        expect([error.code, error.class, error.exitCode, error.httpStatus]).toEqual([
          'RG011',
          'RevisionConflictError',
          3,
          409,
        ]);
        expect(error.details).toMatchObject({
          expected: 1,
          current: 2,
          theirs: { description: 'theirs' },
          yours: { description: 'mine' },
        });
      });

      it.each<[string, unknown]>([
        ['RG012', { version: '9.9.9' }],
        ['SC004', [1]],
        ['SC004', null],
        ['SC004', 'text'],
      ])('refuses with %s: %j', async (code, patch) => {
        const document = validatorDocument(own('kept'));
        await registry.register(document, {}, call);
        expect((await refused(registry.update(document.uuid, patch, {}, call))).code).toBe(code);
      });

      it('changes nothing on a dry run', async () => {
        const document = validatorDocument(own('tried'));
        await registry.register(document, {}, call);
        const { data } = await registry.update(document.uuid, { description: 'new' }, { dry_run: true }, call);
        expect(data.metadata.description).toBe('new');
        expect((await registry.lookup(document.uuid, {}, call)).data.metadata.description).toBe(
          document['description'],
        );
      });
    });

    describe('remove', () => {
      it('archives with a reason; by uuid it is still found', async () => {
        const document = validatorDocument(own('old'), { lifecycle: 'canary' });
        await registry.register(document, {}, call);
        const { data } = await registry.remove(document.uuid, { reason: 'no longer used' }, call);
        expect(data).toEqual({ uuid: document.uuid, revision: 2, op: 'archived' });
        const looked = await registry.lookup(document.uuid, {}, call);
        expect(looked.data.metadata).toMatchObject({ lifecycle: 'archived', archived_reason: 'no longer used' });
        expect((await refused(registry.lookup(document.name, {}, call))).code).toBe('RG008');
      });

      it('refuses a stale revision, and what is still needed', async () => {
        const needed = validatorDocument(own('needed'), { lifecycle: 'canary' });
        await registry.register(needed, {}, call);
        await registry.register(validatorDocument(own('user'), { dependencies: [dependsOn(needed.name)] }), {}, call);
        expect((await refused(registry.remove(needed.uuid, { reason: 'r', if_revision: 7 }, call))).code).toBe('RG011');
        expect((await refused(registry.remove(needed.uuid, { reason: 'r' }, call))).code).toBe('RG014');
      });

      it('removes a draft for good', async () => {
        const document = validatorDocument(own('draft'), { lifecycle: 'draft' });
        await registry.register(document, {}, call);
        expect((await registry.remove(document.uuid, { hard: true, reason: 'mistake' }, call)).data.op).toBe('removed');
        expect((await refused(registry.lookup(document.uuid, {}, call))).code).toBe('RG001');
      });
    });

    describe('the rest', () => {
      it('syncs and tells about its caches', async () => {
        const { data } = await registry.sync({ full: true }, call);
        expect(data).toMatchObject({ kind: 'full', watermark: expect.any(String), duration_ms: expect.any(Number) });
        const stats = await registry.cacheStats(call);
        expect(Object.keys(stats.data).sort()).toEqual(['l1', 'l2', 'l3']);
        expect(stats.data.l3).toMatchObject({ enabled: true, complete: true, stale: false });
      });

      it('gives up when its caller does, and when its time is over', async () => {
        const gone = { ...call, signal: AbortSignal.abort(new Error('gone')) };
        await expect(registry.search({}, gone)).rejects.toThrow();
        const hurried = Promise.all(
          Array.from({ length: 5 }, () =>
            registry.search({ limit: 1000, view: 'all' }, { ...call, deadline_ms: 30_000 }),
          ),
        );
        expect((await hurried).every(({ data }) => data.page.limit === 1000)).toBe(true);
      });
    });
  });
}
