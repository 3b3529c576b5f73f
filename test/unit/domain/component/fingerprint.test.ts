import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { authorHashInput } from '../../../../domain/component/author-hash.ts';
import {
  canonicalForFingerprint,
  operationalFields,
  volatileFields,
  withoutDefaults,
} from '../../../../domain/component/fingerprint.ts';
import { normalise } from '../../../../domain/component/normalise.ts';
import { parseMetadataText } from '../../../../domain/component/source/parse.ts';
import { jsonEqual } from '../../../../domain/json/values.ts';
import { accepted } from './corpus.ts';
import { changed, documentA, modelOf } from './documents.ts';

const ignored: readonly string[] = [...volatileFields, ...operationalFields];
const identity = ['uuid', 'type', 'namespace', 'name', 'version'];

/** Documents with any combination of fields that the tables accept. */
const documents: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .subarray(
    accepted.filter(([field]) => !identity.includes(field)),
    { maxLength: 40 },
  )
  .map((cases) => changed(documentA, Object.fromEntries(cases.map(([field, given]) => [field, given]))));

function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => ({
    key,
    member: shuffled(member, random),
    at: random(),
  }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, member }) => [key, member]));
}

/** The same content as dialect B. */
function asDialectB(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { type, ...members } = document;
  return { last_modified_at: '2026-03-01T00:00:00Z', hash: '1'.repeat(64), ...members, meta_type: type };
}

describe('the normalised model', () => {
  it('normalises to itself', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const model = modelOf(document);
        expect(normalise(model)).toMatchObject({ metadata: model });
        expect(modelOf(withoutDefaults(model))).toEqual(model);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the canonical text', () => {
  it('is that of the content, whatever the key order, quoting, format and dialect', () => {
    const style = fc.record({
      defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
      collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
    });
    fc.assert(
      fc.property(
        documents,
        style,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.boolean(),
        (document, yamlStyle, random, dialectB) => {
          const expected = canonicalForFingerprint(modelOf(document));
          const content = dialectB
            ? { hash: '0'.repeat(64), last_modified_at: document['created_at'], ...asDialectB(document) }
            : document;
          const withBoth = changed(content, {
            hash: content['hash'] ?? '2'.repeat(64),
            author: content['author'] ?? undefined,
          });
          fc.pre(!dialectB || withBoth['author'] !== undefined);
          const other = shuffled(withBoth, () => random.next().value);
          const yaml = parseMetadataText(`# a comment\n${stringify(other, yamlStyle)}`);
          const json = parseMetadataText(JSON.stringify(other));
          expect([yaml.issues, json.issues]).toEqual([[], []]);
          expect(canonicalForFingerprint(modelOf(yaml.document))).toBe(expected);
          expect(canonicalForFingerprint(modelOf(json.document))).toBe(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is pinned: a change of this text changes every stored fingerprint', () => {
    expect(
      canonicalForFingerprint(
        modelOf(
          changed(documentA, {
            dependencies: [{ id: 'core.x' }],
            inputs: ['a'],
            x_extensions: { e: null },
            resources: { cpu: 2 },
          }),
        ),
      ),
    ).toBe(
      '{"author":"Ada","created_at":"2026-01-31T12:00:00.000Z","dependencies":[{"kind":"depends_on","target":{"name":"core.x"}}],' +
        '"description":"Checks something.","entrypoint":{"id":"check","kind":"builtin"},"inputs":[{"name":"a"}],"name":"check",' +
        '"namespace":"core","resources":{"cpu":2},"type":"test","uuid":"0190a0b0-0000-7000-8000-00000000abcd","version":"1.2.3","x_extensions":{"e":null}}',
    );
  });

  it('keeps what identifies the component, even where it is a default', () => {
    const text = canonicalForFingerprint(
      modelOf({
        uuid: documentA['uuid'],
        type: 'tool',
        name: 'x',
        version: '1.0.0',
        namespace: 'local',
        entrypoint: 'x',
      }),
    );
    expect(JSON.parse(text)).toEqual({
      uuid: documentA['uuid'],
      type: 'tool',
      name: 'x',
      version: '1.0.0',
      namespace: 'local',
      entrypoint: { kind: 'command', program: 'x' },
    });
  });

  const base = modelOf(documentA);
  it.each(accepted.map(([field, given]) => [field, given] as const))(
    'depends on %s being %j unless it is ignored or the default',
    (field: string, given: unknown) => {
      const model = modelOf(changed(documentA, { [field]: given }));
      const same =
        ignored.includes(field) ||
        jsonEqual(model, base) ||
        (given !== null && typeof given === 'object' && Object.keys(given).length === 0);
      expect(canonicalForFingerprint(model) === canonicalForFingerprint(base)).toBe(same);
    },
  );

  it('keeps empty members where they may mean something', () => {
    const canonical = (members: object) => canonicalForFingerprint(modelOf(changed(documentA, { ...members })));
    expect(canonical({ options_schema: { default: '' } })).not.toBe(canonical({ options_schema: {} }));
    expect(canonical({ x_extensions: { a: [] } })).not.toBe(canonical({}));
    expect(canonical({ cache: {} })).toBe(canonical({}));
  });

  it('does not change with retries that follow idempotence', () => {
    const texts = [{ idempotent: true }, { idempotent: true, retries: 2 }].map((members) =>
      canonicalForFingerprint(modelOf(changed(documentA, members))),
    );
    expect(texts[0]).toBe(texts[1]);
  });
});

describe("the author's hash", () => {
  const hash = 'ab'.repeat(32);
  it.each([
    [{ hash, hash_algorithm: 'omnibase-1' }, true],
    [{ hash: '0'.repeat(64), hash_algorithm: 'omnibase-1' }, false],
    [{ hash, hash_algorithm: 'sha256' }, false],
    [{ hash }, false],
    [{ hash_algorithm: 'omnibase-1' }, false],
  ])('of %j is checked: %j', (members, checked) => {
    const model = modelOf(changed(documentA, members));
    expect(authorHashInput(model, 'body\n')).toBe(checked ? `${canonicalForFingerprint(model)}\n\nbody\n` : null);
  });
});
