/**
 * Turns messages into server-sent events (WHATWG HTML, "Server-sent events"), one flushed chunk per message. The answer
 * begins at once, so that a reader knows it is connected; a comment goes out when nothing happened for a while. An error
 * after the beginning becomes a last event of type `stream.error` without an id: the reader resumes where it stood.
 */
import { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { StreamErrorLine } from '../../contracts/gateway.ts';
import { toOmniBaseError } from '../plugins/errors.ts';

export interface SseMessage {
  readonly id: string;
  readonly event: string;
  /** Sent as JSON. */
  readonly data: object;
  /** Facts about the message beside its data, as JSON in a field `meta`, which browsers pass over. */
  readonly meta?: object;
}

export interface SseSource extends AsyncIterable<SseMessage> {
  /** Id to resume from, known before the first message; null when the reader brought its own. */
  readonly start: string | null;
  /** Id up to which everything was handed out, when it may be told to a reader that had no message for a while. */
  position?(): string;
}

export interface SseOptions {
  readonly correlationId: string;
  readonly keepAliveMs: number;
  readonly log: FastifyBaseLogger;
}

/** How long browsers wait before they connect again, ms. */
const retryMs = 1_000;

export function sseStream(source: SseSource, options: SseOptions): Readable {
  const iterator = source[Symbol.asyncIterator]();
  const closed = Promise.withResolvers<'closed'>();
  // Nothing is read ahead: what a slow reader has not taken stays in the source, which knows when it is too much.
  const stream = Readable.from(chunks(source, iterator, closed.promise, options), { highWaterMark: 1 });
  // Destroying waits for the generator, which may be waiting for its source: both are told first.
  const destroy = stream._destroy.bind(stream);
  stream._destroy = (error, callback) => {
    closed.resolve('closed');
    void iterator.return?.();
    destroy(error, callback);
  };
  return stream;
}

async function* chunks(
  source: SseSource,
  iterator: AsyncIterator<SseMessage>,
  closed: Promise<'closed'>,
  options: SseOptions,
): AsyncGenerator<string> {
  let told = source.start;
  yield `retry: ${retryMs}\n${told === null ? '' : `id: ${told}\n`}\n`;
  try {
    for (;;) {
      const next = iterator.next();
      let outcome: Outcome;
      while ((outcome = await firstOf(next, closed, options.keepAliveMs)) === 'silent') {
        const position = source.position?.() ?? told;
        yield position === null || position === told ? ': keep-alive\n\n' : `: keep-alive\nid: ${position}\n\n`;
        told = position;
      }
      if (outcome === 'closed') return;
      const result = await next;
      if (result.done === true) return;
      told = result.value.id;
      yield textOf(result.value);
    }
  } catch (error) {
    yield errorText(error, options);
  } finally {
    await iterator.return?.();
  }
}

/** Several streams send the same messages: each is written as JSON once. */
const written = new WeakMap<object, string>();

function textOf({ id, event, data, meta }: SseMessage): string {
  let json = written.get(data);
  if (json === undefined) {
    json = `${meta === undefined ? '' : `meta: ${JSON.stringify(meta)}\n`}data: ${JSON.stringify(data)}\n\n`;
    written.set(data, json);
  }
  return `id: ${id}\nevent: ${event.replaceAll(/[\r\n]/g, ' ')}\n${json}`;
}

function errorText(cause: unknown, { correlationId, log }: SseOptions): string {
  const error = toOmniBaseError(cause);
  log.warn({ err: cause, correlation_id: correlationId, code: error.code }, 'event stream broke');
  const line = { type: 'stream.error', error: error.toBody(), correlation_id: correlationId } satisfies StreamErrorLine;
  return `event: stream.error\ndata: ${JSON.stringify(line)}\n\n`;
}

type Outcome = 'settled' | 'closed' | 'silent';

/** What comes first; the timer never outlives the answer. */
async function firstOf(work: Promise<unknown>, closed: Promise<'closed'>, milliseconds: number): Promise<Outcome> {
  const { promise: late, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(resolve, milliseconds, 'silent');
  const settled = work.then(
    () => 'settled' as const,
    () => 'settled' as const,
  );
  try {
    return await Promise.race([settled, closed, late]);
  } finally {
    clearTimeout(timer);
  }
}
