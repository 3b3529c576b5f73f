/**
 * The OpenAPI 3.1 document, made from the route table: what is served is what is described. Named schemas
 * (`.meta({ id })`) become components, everything else stands where it is used.
 */
import { z } from 'zod';
import type { ResponseDescription, Route } from '../routing/route.ts';
import { streams } from '../routing/route-table.ts';
import { errorAnswerSchema } from '../schemas/answers.ts';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly securitySchemes: unknown };
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

type JsonSchema = Readonly<Record<string, unknown>>;

export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const named = new Map<string, JsonSchema>();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, named) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'OmniBase',
      version,
      description: 'Component registry and orchestrator. Errors carry a code, what went wrong and what to do next.',
    },
    paths,
    components: {
      schemas: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'omb_… token; not needed on the local socket' },
      },
    },
  };
}

function operation(route: Route, named: Map<string, JsonSchema>): Operation {
  const { params, query, headers, body } = route.schemas;
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [route.operation.split('.')[0] ?? 'platform'],
    security: route.access === 'public' ? [] : [{ token: route.access === 'known' ? [] : [route.access] }],
    parameters: [
      ...parameters('path', params, named),
      ...parameters('query', query, named),
      ...parameters('header', headers, named),
    ],
    ...(body === undefined ? {} : { requestBody: requestBody(route, body, named) }),
    responses: {
      ...Object.fromEntries(Object.entries(route.responses).map(([status, given]) => [status, response(given, named)])),
      default: response({ description: 'The error body', schema: errorAnswerSchema }, named),
    },
    ...(streams(route) ? { 'x-stream': true } : {}),
  };
}

function parameters(
  place: Parameter['in'],
  schema: z.ZodType | undefined,
  named: Map<string, JsonSchema>,
): Parameter[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, member]) => ({
    name,
    in: place,
    required: place === 'path' || !member.safeParse(undefined).success,
    schema: parameterSchema(member, named),
  }));
}

/** As what it is read; as it is written where the reading is a transformation that no schema can tell. */
function parameterSchema(member: z.ZodType, named: Map<string, JsonSchema>): JsonSchema {
  const read = jsonSchema(member, named, 'output');
  return Object.keys(read).length > 0 ? read : jsonSchema(member, named, 'input');
}

function requestBody(route: Route, schema: z.ZodType, named: Map<string, JsonSchema>) {
  const content = { schema: jsonSchema(schema, named, 'input') };
  return {
    required: !schema.safeParse(undefined).success,
    content: Object.fromEntries((route.accepts ?? ['application/json']).map((type) => [type, content])),
  };
}

function response(
  { description, schema, type = 'application/json' }: ResponseDescription,
  named: Map<string, JsonSchema>,
) {
  const content = schema === undefined ? {} : { schema: jsonSchema(schema, named, 'output') };
  return { description, content: { [type]: content } };
}

/** Moves the definitions zod collected beside the schema into `components`, and points to them there. */
function jsonSchema(schema: z.ZodType, named: Map<string, JsonSchema>, io: 'input' | 'output'): JsonSchema {
  const made = z.toJSONSchema(z.object({ it: schema }), { io, unrepresentable: 'any', reused: 'inline' });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { properties, $defs = {} } = JSON.parse(text) as {
    properties: { it: JsonSchema };
    $defs?: Record<string, JsonSchema>;
  };
  for (const [name, definition] of Object.entries($defs)) named.set(name, definition);
  return properties.it;
}
