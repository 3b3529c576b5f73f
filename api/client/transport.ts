/**
 * HTTP calls to a gateway over `node:http` only: it loads in a few milliseconds, which the command line
 * needs. Every call has a deadline and may be aborted; every failure is an error of the catalogue that
 * names the address.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { errorFromAnswer, fromNetwork, notAGateway, notInTime } from './failures.ts';
import { type HttpCall, requestOptions } from './http-call.ts';
import { type ApiTarget, routeTo, type Route } from './target.ts';

export interface TransportOptions {
  /** Sent with every call that names none itself. */
  readonly correlationId?: string;
  /** Milliseconds a call may take; for a stream, until its first byte. Default 60,000. */
  readonly timeoutMs?: number;
}

/** A successful answer whose body is still to be read. */
export interface OpenAnswer {
  readonly response: IncomingMessage;
  /** Why the exchange was ended from this side, if it was. */
  readonly endedBy: () => unknown;
  /** Must be called once the body is no longer of interest. */
  readonly release: () => void;
}

export interface Transport {
  /** Address for messages. */
  readonly address: string;
  /** The JSON value of a successful answer; undefined when it has none (204). */
  json(call: HttpCall): Promise<unknown>;
  /** Opens a stream; its deadline ends with the first byte. */
  stream(call: HttpCall): Promise<OpenAnswer>;
  /** Closes idle connections; calls in flight go on. */
  close(): void;
}

const defaultTimeoutMs = 60_000;
/** A gateway answers far less; a peer that sends more is none. */
const largestAnswer = 64 * 1024 * 1024;

/** @throws OB003 when the target's URL is malformed */
export function createTransport(target: ApiTarget, options: TransportOptions = {}): Transport {
  const route = routeTo(target);
  return {
    address: route.address,
    async json(call) {
      const answer = await exchange(route, call, options);
      try {
        const text = await readAll(answer, route.address);
        return answer.response.statusCode === 204 ? undefined : parse(text, route.address);
      } finally {
        answer.release();
      }
    },
    async stream(call) {
      const answer = await exchange(route, call, options);
      answer.stopTimer();
      return answer;
    },
    close: () => route.close(),
  };
}

interface Exchange extends OpenAnswer {
  readonly stopTimer: () => void;
}

/** One call; repeated once when a kept connection turned out to be closed before it carried a byte. */
async function exchange(route: Route, call: HttpCall, options: TransportOptions): Promise<Exchange> {
  const first = await attempt(route, call, options);
  return 'stale' in first ? required(await attempt(route, call, options), route) : first;
}

function required(answer: Exchange | { readonly stale: unknown }, route: Route): Exchange {
  if ('stale' in answer) throw fromNetwork(answer.stale, route.address);
  return answer;
}

async function attempt(
  route: Route,
  call: HttpCall,
  options: TransportOptions,
): Promise<Exchange | { readonly stale: unknown }> {
  call.signal?.throwIfAborted();
  const timeoutMs = call.timeoutMs ?? options.timeoutMs ?? defaultTimeoutMs;
  const payload = call.body === undefined ? null : JSON.stringify(call.body);
  const correlationId = call.correlationId ?? options.correlationId;
  const request = route.request(requestOptions(route, { ...call, timeoutMs, correlationId }, payload));
  const guard = guarded(request, call.signal, timeoutMs, route.address);
  try {
    const response = await sent(request, payload);
    const answer = { ...guard, response };
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw errorFromAnswer(status, await readAll(answer, route.address), route.address);
  } catch (cause) {
    guard.release();
    const ended = guard.endedBy();
    if (ended !== undefined) throw ended;
    if (request.reusedSocket && isReset(cause)) return { stale: cause };
    throw fromNetwork(cause, route.address);
  }
}

function sent(request: ClientRequest, payload: string | null): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once('response', resolve);
  // Stays for good: an error after the answer began reaches the reader of the body as well.
  request.on('error', reject);
  request.end(payload ?? undefined);
  return promise;
}

/** Ends the exchange at its deadline or when the caller's signal fires, and remembers which. */
function guarded(request: ClientRequest, signal: AbortSignal | undefined, timeoutMs: number, address: string) {
  let reason: unknown;
  const end = (cause: unknown) => {
    reason ??= cause;
    request.destroy();
  };
  const timer = setTimeout(() => end(notInTime(address, timeoutMs)), timeoutMs);
  const onAbort = () => end(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stopTimer = () => clearTimeout(timer);
  return {
    endedBy: () => reason,
    stopTimer,
    release() {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

async function readAll({ response, endedBy }: OpenAnswer, address: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > largestAnswer) throw notAGateway(address, 'its answer has no end');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw endedBy() ?? fromNetwork(cause, address);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, address: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw notAGateway(address, 'its answer is not JSON');
  }
}

function isReset(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}
