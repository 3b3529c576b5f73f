/**
 * Turns events into NDJSON, one flushed line per event, with an empty line as keep-alive when nothing
 * happens. The first event is awaited before the answer starts, so a run that cannot start is answered
 * with its error and status; an error after that becomes a last line of type `stream.error`.
 */
import { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { StreamErrorLine } from '../../contracts/gateway.ts';
import type { StageEvent } from '../../contracts/stage.ts';
import { toOmniBaseError } from '../plugins/errors.ts';

export interface EventStreamOptions {
  readonly correlationId: string;
  readonly keepAliveMs: number;
  readonly log: FastifyBaseLogger;
}

/** Waits for the first event (or the error before it), then gives the stream of lines. */
export async function eventStream(events: AsyncIterable<StageEvent>, options: EventStreamOptions): Promise<Readable> {
  const iterator = events[Symbol.asyncIterator]();
  const first = await iterator.next();
  const stream = Readable.from(lines(iterator, first, options));
  // A connection that closed before the first line was written never started the generator, so its `finally` would
  // not run, and the reader of the run would be counted for ever.
  stream.once('close', () => void iterator.return?.());
  return stream;
}

async function* lines(
  iterator: AsyncIterator<StageEvent>,
  first: IteratorResult<StageEvent>,
  options: EventStreamOptions,
): AsyncGenerator<string> {
  try {
    for (let result = first; result.done !== true; ) {
      yield lineOf(result.value);
      const next = iterator.next();
      let outcome: Outcome;
      while ((outcome = await within(next, options.keepAliveMs)) === 'silent') yield '\n';
      if (outcome !== 'event') {
        yield errorLine(outcome.error, options);
        return;
      }
      result = await next;
    }
  } finally {
    await iterator.return?.();
  }
}

function errorLine(cause: unknown, { correlationId, log }: EventStreamOptions): string {
  const error = toOmniBaseError(cause);
  log.warn({ err: cause, correlation_id: correlationId, code: error.code }, 'event stream broke');
  const line = { type: 'stream.error', error: error.toBody(), correlation_id: correlationId } satisfies StreamErrorLine;
  return `${JSON.stringify(line)}\n`;
}

/** Several streams of one run send the same event objects: each is written as JSON once. */
const written = new WeakMap<StageEvent, string>();

function lineOf(event: StageEvent): string {
  const known = written.get(event);
  if (known !== undefined) return known;
  const line = `${JSON.stringify(event)}\n`;
  written.set(event, line);
  return line;
}

type Outcome = 'event' | 'silent' | { readonly error: unknown };

/** What happened to `work` within the time; the timer never outlives the answer. */
async function within(work: Promise<unknown>, milliseconds: number): Promise<Outcome> {
  const { promise: late, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(resolve, milliseconds, 'silent');
  const settled = work.then(
    (): Outcome => 'event',
    (error: unknown): Outcome => ({ error }),
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
