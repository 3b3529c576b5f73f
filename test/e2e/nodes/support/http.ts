/**
 * Speaks HTTP the way a stranger's node does: the platform's own `fetch` over TCP, `node:http` over the unix socket.
 * Nothing of the product's clients is used here.
 */
import { request } from 'node:http';

export interface HttpOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Parsed when it is JSON, else undefined. */
  readonly body: unknown;
}

/** An answer whose body is still on its way. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface Http {
  /** @param path with query, below the origin */
  open(method: string, path: string, options?: HttpOptions): Promise<OpenAnswer>;
  call(method: string, path: string, options?: HttpOptions): Promise<HttpAnswer>;
}

export function overSocket(socketPath: string): Http {
  return withCall((method, path, options = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<OpenAnswer>();
    const { signal } = options;
    const payload = payloadOf(options);
    // `node:http` frames the body of a DELETE only when it is told how long it is.
    const length = payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) };
    const headers = { ...length, ...headersOf(options) };
    const sent = request(
      { socketPath, method, path, headers, ...(signal === undefined ? {} : { signal }) },
      (response) =>
        resolve({ status: response.statusCode ?? 0, headers: flat(response.headersDistinct), bytes: response }),
    );
    sent.on('error', reject);
    sent.end(payload);
    return promise;
  });
}

/** @param token null = without one */
export function overTcp(origin: string, token: string | null): Http {
  return withCall(async (method, path, options = {}) => {
    const payload = payloadOf(options);
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(origin + path, {
      method,
      headers: { ...headersOf(options), ...authorization },
      ...(payload === undefined ? {} : { body: Buffer.from(payload) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      bytes: response.body ?? nothing(),
    };
  });
}

function withCall(open: Http['open']): Http {
  return {
    open,
    async call(method, path, options) {
      const { status, headers, bytes } = await open(method, path, options);
      const parts: Uint8Array[] = [];
      for await (const part of bytes) parts.push(part);
      const text = Buffer.concat(parts).toString();
      const isJson = headers['content-type']?.startsWith('application/json') === true && text !== '';
      return { status, headers, text, body: isJson ? (JSON.parse(text) as unknown) : undefined };
    },
  };
}

function payloadOf({ body, raw }: HttpOptions): string | Uint8Array | undefined {
  return raw ?? (body === undefined ? undefined : JSON.stringify(body));
}

function headersOf({ body, raw, headers = {} }: HttpOptions): Record<string, string> {
  const hasBody = body !== undefined || raw !== undefined;
  return { ...(hasBody ? { 'content-type': 'application/json' } : {}), ...headers };
}

function flat(distinct: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(distinct).map(([name, values = []]) => [name, values.join(', ')]));
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A 204 has no body.
}
