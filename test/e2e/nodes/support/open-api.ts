/** The OpenAPI document as the gateway serves it, and whether an answer is one that it describes. */
import { type ValidateFunction, Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Http, HttpAnswer } from './http.ts';

export type Schema = Readonly<Record<string, unknown>>;

export interface Operation {
  readonly method: string;
  /** With `{name}` where a parameter stands. */
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly body: Schema | null;
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface DocumentedOperation extends Pick<Operation, 'parameters' | 'responses'> {
  readonly requestBody?: Response;
}

export interface OpenApi {
  readonly operations: readonly Operation[];
  readonly definitions: Readonly<Record<string, Schema>>;
  /** What is wrong with the answer by the document; null = nothing. */
  objection(operation: Operation, answer: Pick<HttpAnswer, 'status' | 'text'>): string | null;
}

/** @param wanted which paths are looked at */
export async function openApi(http: Http, wanted: (path: string) => boolean): Promise<OpenApi> {
  const { body } = await http.call('GET', '/api/v1/openapi.json');
  const { paths, components } = body as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', components });
  const compiled = new Map<Schema, ValidateFunction>();

  function validator(schema: Schema): ValidateFunction {
    const known = compiled.get(schema) ?? ajv.compile(absolute(schema));
    compiled.set(schema, known);
    return known;
  }

  return {
    definitions: components.schemas,
    operations: Object.entries(paths)
      .filter(([path]) => wanted(path))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { parameters, requestBody, responses }]) => ({
          method: method.toUpperCase(),
          path,
          parameters,
          body: requestBody?.content?.['application/json']?.schema ?? null,
          responses,
        })),
      ),
    objection({ responses }, { status, text }) {
      const listed = responses[String(status)];
      const described = listed ?? (status >= 400 ? responses['default'] : undefined);
      if (described === undefined) return `the status ${status} is not listed`;
      // A status that is listed without a schema has the body of all errors, or none.
      const { schema } = described.content?.['application/json'] ?? {};
      const expected = schema ?? (status >= 400 ? responses['default']?.content?.['application/json']?.schema : null);
      if (expected === null || expected === undefined) return text === '' ? null : 'a body where none is described';
      const validate = validator(expected);
      return validate(JSON.parse(text)) ? null : ajv.errorsText(validate.errors);
    },
  };
}

/** References into the document, whichever schema they stand in. */
function absolute(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')) as Schema;
}
