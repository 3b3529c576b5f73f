/**
 * Published events as they come, over breaks: after a lost connection the stream goes on behind the last event that was
 * seen (`Last-Event-ID`), so every event is told once and in order (registration.md 10).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, OmniBaseError } from '../../contracts/error.ts';
import type { PublishedEvent } from '../../contracts/event.ts';
import type { EventQuery } from '../../contracts/node/api.ts';
import { fromNetwork, notInTime } from './failures.ts';
import { breaks, members, nullable, object, text, time } from './reading.ts';
import { readSse, type ServerSentEvent } from './sse.ts';
import type { OpenAnswer, Transport } from './transport.ts';

export interface FollowOptions {
  readonly redialMs: number;
  readonly silenceMs: number;
  readonly correlationId: string;
}

const firstPauseMs = 100;
const longestPauseMs = 2000;
/** Codes that may be gone when the gateway is back. */
const passing: ReadonlySet<ErrorCode> = new Set(['OB010', 'OB015', 'OB016', 'ND009', 'ND010', 'ND011', 'ND014']);

/**
 * Ends only with an error or the caller's signal.
 *
 * @throws ND018 when `after` is older than what is kept; OB010 when the gateway does not come back in time; the reason
 * of `signal`
 */
export async function* followEvents(
  transport: Transport,
  query: EventQuery,
  options: FollowOptions,
): AsyncGenerator<PublishedEvent> {
  let after = query.after;
  let contacted = false;
  let brokenSince: number | null = null;
  let pauseMs = firstPauseMs;
  for (;;) {
    let problem: unknown = new OmniBaseError('OB010', { message: 'the event stream ended' });
    try {
      for await (const message of dial(transport, query, after, options)) {
        contacted = true;
        brokenSince = null;
        pauseMs = firstPauseMs;
        const event = eventOf(message);
        if (message.id !== '') after = message.id;
        if (event !== null) yield event;
      }
    } catch (error) {
      query.signal?.throwIfAborted();
      if (!contacted || !isPassing(error)) throw error;
      problem = error;
    }
    brokenSince ??= performance.now();
    if (performance.now() - brokenSince > options.redialMs) throw problem;
    await pause(pauseMs, query.signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** One connection; closed when the reader stops. */
async function* dial(
  transport: Transport,
  { domain, entity_id, types = [], signal }: EventQuery,
  after: string | undefined,
  { silenceMs, correlationId }: FollowOptions,
): AsyncGenerator<ServerSentEvent> {
  const answer = await transport.stream({
    method: 'GET',
    path: '/api/v1/events',
    query: { domain, entity_id, ...(types.length === 0 ? {} : { types: types.join(',') }) },
    headers: { accept: 'text/event-stream', 'last-event-id': after },
    signal,
    correlationId,
  });
  // The head of the answer proves that somebody serves the stream, even before its first event.
  yield { id: '', event: 'message', data: null, meta: null };
  yield* eventsOf(answer, transport.address, silenceMs);
}

async function* eventsOf(answer: OpenAnswer, address: string, silenceMs: number): AsyncGenerator<ServerSentEvent> {
  const { response } = answer;
  let silent = false;
  const silence = setTimeout(() => {
    silent = true;
    response.destroy();
  }, silenceMs);
  response.on('data', () => silence.refresh());
  try {
    yield* readSse(response as AsyncIterable<Buffer>);
  } catch (cause) {
    throw silent ? notInTime(address, silenceMs) : (answer.endedBy() ?? fromNetwork(cause, address));
  } finally {
    clearTimeout(silence);
    answer.release();
    response.destroy();
  }
}

const facts = object<Omit<PublishedEvent, 'payload'>>({
  pub_seq: text,
  event_id: text,
  topic: text,
  type: text,
  subject_kind: text,
  subject_id: text,
  domain: nullable(text),
  published_at: time,
});

/** Null for a sign of life. @throws what the gateway ended the stream with */
function eventOf({ event, data, meta }: ServerSentEvent): PublishedEvent | null {
  if (data === null) return null;
  const payload = members(parsed(data, 'data'), 'data');
  if (event === 'stream.error') throw OmniBaseError.fromBody(members(payload['error'], 'data.error'));
  return { ...facts(parsed(meta ?? '', 'meta'), 'meta'), payload };
}

function parsed(json: string, path: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw breaks(path);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof OmniBaseError && passing.has(error.code);
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    throw signal?.reason ?? error;
  });
}
