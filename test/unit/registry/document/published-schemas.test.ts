import { describe, expect, it } from 'vitest';
import { type ComponentMetadata, componentMetadataSchema, type Immutable } from '../../../../contracts/component.ts';
import {
  documentASchema,
  documentBSchema,
  strictDocumentASchema,
  strictDocumentBSchema,
} from '../../../../contracts/component-document.ts';
import { fieldNames } from '../../../../domain/component/fields/table.ts';
import { normalise } from '../../../../domain/component/normalise.ts';
import { publishedSchema, publishedSchemaNames } from '../../../../registry/document/published-schemas.ts';
import { accepted, refused } from '../../domain/component/corpus.ts';
import { changed, documentA, documentB, modelOf } from '../../domain/component/documents.ts';

const modelSchema = componentMetadataSchema.strict();

describe('schemas and rules agree', () => {
  it.each(accepted.map(([field, given]) => [field, given] as const))(
    'both accept %s: %j',
    (field: string, given: unknown) => {
      expect(documentASchema.safeParse(changed(documentA, { [field]: given })).error?.issues).toBeUndefined();
      expect(strictDocumentASchema.safeParse(changed(documentA, { [field]: given })).success).toBe(true);
      if (field === 'type') return;
      expect(documentBSchema.safeParse(changed(documentB, { [field]: given })).success).toBe(
        given !== null || field !== 'author',
      );
    },
  );

  it.each(refused.filter(([, , , beyond]) => beyond === undefined).map(([field, given]) => [field, given] as const))(
    'both refuse %s: %j',
    (field: string, given: unknown) => {
      expect(documentASchema.safeParse(changed(documentA, { [field]: given })).success).toBe(false);
    },
  );

  it.each(accepted.map(([field, given]) => [field, given] as const))(
    'the model with %s: %j has the published shape',
    (field: string, given: unknown) => {
      expect(modelSchema.safeParse(modelOf(changed(documentA, { [field]: given }))).error?.issues).toBeUndefined();
    },
  );

  it.each(['uuid', 'type', 'name', 'version'])('both require %s in dialect A', (field) => {
    const document = changed(documentA, { [field]: undefined });
    if (field !== 'type') expect(normalise(document).metadata).toBeNull();
    expect(documentASchema.safeParse(document).success).toBe(false);
  });

  it.each(['uuid', 'name', 'namespace', 'author', 'created_at', 'last_modified_at', 'hash', 'entrypoint'])(
    'both require %s in dialect B',
    (field) => {
      const document = changed(documentB, { [field]: undefined });
      expect(normalise(document).metadata).toBeNull();
      expect(documentBSchema.safeParse(document).success).toBe(false);
    },
  );

  it('know the same fields', () => {
    const published = Object.keys(documentASchema.shape);
    expect(fieldNames.filter((name) => !published.includes(name))).toEqual([]);
    expect(Object.keys(componentMetadataSchema.shape)).toEqual([...fieldNames]);
    const second = ['capabilities', 'include', 'meta_type', 'profile', 'retry', 'timeout', 'x-extensions'];
    expect(published.filter((name) => !fieldNames.some((known) => known === name)).sort()).toEqual(second);
  });

  it('unknown members are refused by the strict ones only', () => {
    const unknown = { nope: 1 };
    expect(
      [documentASchema, strictDocumentASchema].map((schema) => schema.safeParse({ ...documentA, ...unknown }).success),
    ).toEqual([true, false]);
    expect(
      [documentBSchema, strictDocumentBSchema].map((schema) => schema.safeParse({ ...documentB, ...unknown }).success),
    ).toEqual([true, false]);
    expect(strictDocumentBSchema.safeParse({ ...documentB, type: 'tool' }).success).toBe(false);
  });

  it('the type of the model is what its schema infers', () => {
    const model: ComponentMetadata = modelOf(documentA);
    const parsed: Immutable<ReturnType<typeof componentMetadataSchema.parse>> = componentMetadataSchema.parse(model);
    expect(parsed).toEqual(model);
  });
});

describe('published schemas', () => {
  it.each(publishedSchemaNames)('%s is JSON Schema 2020-12', (name) => {
    const schema = publishedSchema(name);
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: `omnibase ${name}`,
    });
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it('come in eight', () => {
    expect([...publishedSchemaNames].sort()).toEqual([
      'component-metadata',
      'component-metadata-a',
      'component-metadata-a-strict',
      'component-metadata-b',
      'component-metadata-b-strict',
      'component-metadata-strict',
      'component-record',
      'component-record-strict',
    ]);
  });

  it('list the rules between fields in words', () => {
    expect(String(publishedSchema('component-metadata-a')['description'])).toContain(
      'retries above 0 need idempotent: true',
    );
  });

  it('say whether other members may stand there', () => {
    expect(publishedSchema('component-metadata-a')['additionalProperties']).toEqual({});
    expect(publishedSchema('component-metadata-a-strict')['additionalProperties']).toBe(false);
    expect(publishedSchema('component-record-strict')['additionalProperties']).toBe(false);
  });
});
