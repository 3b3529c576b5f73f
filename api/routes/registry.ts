/**
 * Routes of the registry (registry.md 14). Each one translates HTTP into one call of the service and its
 * answer back; rules live in the service. The ETag of a component is its revision, `If-Match` its
 * `if_revision`.
 */
import { z } from 'zod';
import type { RegistryIdentity } from '../../contracts/gateway.ts';
import type { Answer, ComponentSource, Principal, RegistryApi, SearchQuery } from '../../contracts/registry.ts';
import { documentLimit } from '../routing/limits.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import * as answers from '../schemas/answers.ts';
import * as requests from '../schemas/requests.ts';
import { withoutUndefined } from './present.ts';

export interface RegistryRouteDeps {
  readonly registry: RegistryApi;
  readonly identity: () => Promise<RegistryIdentity>;
  /** The user of the unix socket, by identity. */
  readonly localPrincipal: Principal;
}

const base = '/api/v1/registry';
const component = `${base}/components/:ref`;
const record = {
  description: 'The component; ETag is its revision',
  schema: answers.registryEnvelope(answers.recordSchema),
};
/** The document is the service's to judge; only its absence is the gateway's business. */
const someDocument = z.unknown().refine((body) => body !== undefined, 'a document is missing');

export function registryRoutes({ registry, identity, localPrincipal }: RegistryRouteDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: `${base}/identity`,
      operation: 'registry.identity',
      summary: 'Which registry this is',
      access: 'registry.read',
      responses: { 200: { description: 'The identity', schema: answers.envelope(answers.identitySchema) } },
      handle: async () => ({ status: 200, body: { schema_version: 1, data: await identity() } }),
    }),
    defineRoute({
      method: 'GET',
      path: `${base}/components`,
      operation: 'registry.search',
      summary: 'Search components; criteria combine with AND, `tag` may be repeated and means all of them',
      access: 'registry.read',
      checkedByService: true,
      input: { query: requests.searchParameters },
      responses: {
        200: { description: 'One page of components', schema: answers.registryPageEnvelope(answers.recordSchema) },
      },
      async handle({ query }, call) {
        const found = await registry.search(searchQuery(query), call);
        const { items, page, ...more } = found.data;
        return {
          status: 200,
          body: { schema_version: 1, data: items, page, ...more, freshness: found.freshness, warnings: found.warnings },
        };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${base}/components`,
      operation: 'registry.register',
      summary: 'Register a component document',
      access: 'registry.write',
      checkedByService: true,
      bodyLimit: documentLimit,
      input: { query: requests.registerParameters, headers: requests.idempotencyHeaders, body: someDocument },
      responses: {
        200: {
          description: 'Known already, replaced, or a dry run',
          schema: answers.registryEnvelope(answers.registerResultSchema),
        },
        201: { description: 'Registered', schema: answers.registryEnvelope(answers.registerResultSchema) },
      },
      async handle({ query, headers, body }, call) {
        const { source_kind, source_ref, ...options } = query;
        const source = sourceOf(call.principal === localPrincipal, source_kind, source_ref);
        const answer = await registry.register(
          body,
          withoutUndefined({ ...options, source, idempotency_key: headers['idempotency-key'] }),
          call,
        );
        return {
          status: answer.data.created ? 201 : 200,
          body: enveloped(answer),
          headers: tagged(answer.data.revision),
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: component,
      operation: 'registry.lookup',
      summary: 'Look a component up by uuid or reference',
      access: 'registry.read',
      checkedByService: true,
      input: { params: requests.referenceParams, query: requests.lookupParameters },
      responses: { 200: record },
      async handle({ params, query }, call) {
        const answer = await registry.lookup(params.ref, withoutUndefined(query), call);
        return { status: 200, body: enveloped(answer), headers: tagged(answer.data.registry.revision) };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: component,
      operation: 'registry.update',
      summary: 'Change a component by a merge patch (RFC 7396)',
      access: 'registry.write',
      checkedByService: true,
      bodyLimit: documentLimit,
      accepts: ['application/merge-patch+json', 'application/json'],
      input: {
        params: requests.referenceParams,
        query: requests.updateParameters,
        headers: requests.conditionalHeaders,
        body: someDocument,
      },
      responses: { 200: record },
      async handle({ params, query, headers, body }, call) {
        const conditions = { if_revision: headers['if-match'], idempotency_key: headers['idempotency-key'] };
        const answer = await registry.update(params.ref, body, withoutUndefined({ ...query, ...conditions }), call);
        return { status: 200, body: enveloped(answer), headers: tagged(answer.data.registry.revision) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: component,
      operation: 'registry.remove',
      summary: 'Archive a component, or remove it with `hard`',
      access: 'registry.write',
      checkedByService: true,
      input: {
        params: requests.referenceParams,
        query: requests.removeParameters,
        headers: requests.conditionalHeaders,
      },
      responses: {
        200: { description: 'What was done', schema: answers.registryEnvelope(answers.removeResultSchema) },
      },
      async handle({ params, query, headers }, call) {
        const options = withoutUndefined({ ...query, if_revision: headers['if-match'] });
        return { status: 200, body: enveloped(await registry.remove(params.ref, options, call)) };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${base}/sync`,
      operation: 'registry.sync',
      summary: 'Bring the file cache of this host up to date',
      access: 'registry.read',
      checkedByService: true,
      input: { body: requests.syncBody },
      responses: { 200: { description: 'What changed', schema: answers.registryEnvelope(answers.syncReportSchema) } },
      handle: async ({ body }, call) => ({
        status: 200,
        body: enveloped(await registry.sync(withoutUndefined(body ?? {}), call)),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: `${base}/cachestats`,
      operation: 'registry.cachestats',
      summary: 'State and hit ratios of the cache levels of this host',
      access: 'registry.read',
      checkedByService: true,
      responses: {
        200: { description: 'Figures per level', schema: answers.registryEnvelope(answers.cacheStatsSchema) },
      },
      handle: async (_input, call) => ({ status: 200, body: enveloped(await registry.cacheStats(call)) }),
    }),
  ];
}

function searchQuery(parameters: z.output<typeof requests.searchParameters>): SearchQuery {
  const { tag, include_archived, view, ...rest } = parameters;
  return withoutUndefined({
    ...rest,
    tags: tag,
    view: view ?? (include_archived === true ? ('all' as const) : undefined),
  });
}

/** Only the local user may say that a document came from a file of this machine; others are the API. */
function sourceOf(local: boolean, kind: ComponentSource['kind'] | undefined, ref = ''): ComponentSource | undefined {
  return local && kind !== undefined ? { kind, ref } : undefined;
}

function enveloped<T>({ data, freshness, warnings }: Answer<T>) {
  return { schema_version: 1, data, freshness, warnings };
}

function tagged(revision: number): { etag: string } {
  return { etag: `"${revision}"` };
}
