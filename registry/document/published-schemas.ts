/**
 * The JSON Schemas that the package publishes and `omnibase schema export` prints (registry.md 2.10), generated from
 * the zod schemas of `contracts`, draft 2020-12.
 */
import { z } from 'zod';
import { componentMetadataSchema, componentRecordSchema } from '../../contracts/component.ts';
import {
  documentASchema,
  documentBSchema,
  strictDocumentASchema,
  strictDocumentBSchema,
} from '../../contracts/component-document.ts';

const publishable = {
  'component-metadata-a': documentASchema,
  'component-metadata-b': documentBSchema,
  'component-metadata': z.union([documentASchema, documentBSchema]),
  'component-record': z.looseObject({
    ...componentRecordSchema.shape,
    metadata: componentMetadataSchema.loose(),
  }),
  'component-metadata-a-strict': strictDocumentASchema,
  'component-metadata-b-strict': strictDocumentBSchema,
  'component-metadata-strict': z.union([strictDocumentASchema, strictDocumentBSchema]),
  'component-record-strict': z.strictObject({
    ...componentRecordSchema.shape,
    metadata: componentMetadataSchema.strict(),
  }),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type PublishedSchemaName = keyof typeof publishable;

/** Names of the schemas, as `schema export` takes them. */
export const publishedSchemaNames = Object.keys(publishable) as readonly PublishedSchemaName[];

/** The JSON Schema of that name. Documents are described as authors write them. */
export function publishedSchema(name: PublishedSchemaName): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(publishable[name], { target: 'draft-2020-12', io: 'input' });
  return { $schema, title: `omnibase ${name}`, ...schema };
}
