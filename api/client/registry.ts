/** `RegistryApi` over the gateway. The principal is the connection's, not the context's. */
import type { ComponentRecord } from '../../contracts/component.ts';
import type {
  Answer,
  CacheStats,
  CallContext,
  RegisterResult,
  RegistryApi,
  RemoveResult,
  SearchQuery,
  SearchResult,
  SyncReport,
} from '../../contracts/registry.ts';
import { dataOf, objectOf } from './answers.ts';
import type { HttpCall, QueryValue } from './http-call.ts';
import type { Transport } from './transport.ts';

const base = '/api/v1/registry';

export function registryOver(transport: Transport): RegistryApi {
  const ask = async <T>(call: HttpCall, context: CallContext): Promise<Answer<T>> => {
    const { signal, deadline_ms: timeoutMs, correlation_id: correlationId } = context;
    const answer = await transport.json({ ...call, signal, timeoutMs, correlationId });
    return answerOf<T>(answer, dataOf(answer, transport.address), transport.address);
  };

  return {
    register(document, options, context) {
      const { idempotency_key, source, ...query } = options;
      const from = { source_kind: source?.kind, source_ref: source?.ref };
      return ask<RegisterResult>(
        {
          method: 'POST',
          path: `${base}/components`,
          query: { ...query, ...from },
          headers: { 'idempotency-key': idempotency_key },
          body: document ?? null,
        },
        context,
      );
    },
    update(ref, patch, options, context) {
      const { if_revision, idempotency_key, ...query } = options;
      return ask<ComponentRecord>(
        {
          method: 'PATCH',
          path: componentPath(ref),
          query,
          headers: { ...ifMatch(if_revision), 'idempotency-key': idempotency_key },
          body: patch ?? null,
          contentType: 'application/merge-patch+json',
        },
        context,
      );
    },
    lookup: (ref, options, context) =>
      ask<ComponentRecord>({ method: 'GET', path: componentPath(ref), query: { ...options } }, context),
    async search(query, context) {
      const call = { method: 'GET', path: `${base}/components`, query: searchParameters(query) } as const;
      const { signal, deadline_ms: timeoutMs, correlation_id: correlationId } = context;
      const answer = objectOf(await transport.json({ ...call, signal, timeoutMs, correlationId }), transport.address);
      const {
        schema_version: _,
        data: items,
        freshness: __,
        warnings: ___,
        ...page
      } = answer as Record<string, unknown>;
      return answerOf<SearchResult>(answer, { items, ...page }, transport.address);
    },
    remove(ref, options, context) {
      const { if_revision, ...query } = options;
      return ask<RemoveResult>(
        { method: 'DELETE', path: componentPath(ref), query, headers: ifMatch(if_revision) },
        context,
      );
    },
    sync: (options, context) => ask<SyncReport>({ method: 'POST', path: `${base}/sync`, body: options }, context),
    cacheStats: (context) => ask<CacheStats>({ method: 'GET', path: `${base}/cachestats` }, context),
  };
}

function componentPath(ref: string): string {
  return `${base}/components/${encodeURIComponent(ref)}`;
}

function ifMatch(revision: number | undefined): { 'if-match'?: string } {
  return revision === undefined ? {} : { 'if-match': `"${revision}"` };
}

function searchParameters(query: SearchQuery): Record<string, QueryValue> {
  const { tags, any_tag, sort, ...rest } = query;
  return { ...rest, tag: tags, any_tag, sort: sort?.map(({ key, order }) => `${key}:${order}`) };
}

function answerOf<T>(answer: unknown, data: unknown, address: string): Answer<T> {
  const { freshness, warnings } = objectOf(answer, address) as Answer<unknown>;
  return { data: data as T, freshness, warnings };
}
