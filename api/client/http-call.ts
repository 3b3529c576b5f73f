/** One call as data, and how it becomes a request: path, query, headers. */
import type { RequestOptions } from 'node:http';
import { correlationHeader, deadlineHeader } from '../../contracts/gateway.ts';
import type { Route } from './target.ts';

export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly correlationId?: string | undefined;
}

/** @param payload the body as text, null for none */
export function requestOptions(
  route: Route,
  call: HttpCall & { readonly timeoutMs: number },
  payload: string | null,
): RequestOptions {
  return {
    ...route.options,
    method: call.method,
    path: route.prefix + call.path + queryText(call.query),
    headers: headersOf(route, call, payload),
  };
}

function headersOf(route: Route, call: HttpCall & { readonly timeoutMs: number }, payload: string | null) {
  const given = Object.entries(call.headers ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...route.headers,
    accept: 'application/json, application/x-ndjson',
    [deadlineHeader]: String(Math.max(1, Math.ceil(call.timeoutMs))),
    ...(call.correlationId === undefined ? {} : { [correlationHeader]: call.correlationId }),
    ...(payload === null ? {} : bodyHeaders(payload, call.contentType)),
    ...Object.fromEntries(given),
  };
}

function bodyHeaders(payload: string, type = 'application/json') {
  return { 'content-type': type, 'content-length': String(Buffer.byteLength(payload)) };
}

function queryText(query: HttpCall['query']): string {
  const terms = Object.entries(query ?? {}).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    const values: readonly (string | number | boolean)[] = Array.isArray(value) ? value : [value];
    return values.map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
  });
  return terms.length === 0 ? '' : `?${terms.join('&')}`;
}
