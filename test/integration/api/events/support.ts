/** Readers of the event stream: one that speaks HTTP by hand, one that follows a feed. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { PublishedEvent } from '../../../../contracts/event.ts';

export interface SseBlock {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly meta?: string;
  readonly retry?: string;
  readonly comment?: string;
}

export interface SseReader {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly blocks: SseBlock[];
  /** Ids of events, in order. */
  ids(): string[];
  readonly response: IncomingMessage;
  readonly ended: Promise<void>;
  readonly body: () => string;
  destroy(): void;
}

/** Opens the stream on a unix socket and reads it block by block. */
export async function openSse(
  socketPath: string,
  path = '/api/v1/events',
  headers: Record<string, string> = {},
): Promise<SseReader> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest({ socketPath, path, headers: { accept: 'text/event-stream', ...headers } }, resolve);
  request.on('error', reject);
  request.end();
  const response = await promise;
  request.on('error', () => undefined);
  const blocks: SseBlock[] = [];
  let text = '';
  let open = '';
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    open += chunk.toString('utf8');
    const parts = open.split('\n\n');
    open = parts.pop() ?? '';
    blocks.push(...parts.map(blockOf));
  });
  response.on('error', () => undefined);
  const ended = new Promise<void>((done) => response.once('close', () => done()));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    blocks,
    ids: () =>
      blocks.flatMap(({ id, data, event }) =>
        data === undefined || id === undefined || event === undefined ? [] : [id],
      ),
    response,
    ended,
    body: () => text,
    destroy: () => void request.destroy(),
  };
}

function blockOf(text: string): SseBlock {
  return Object.fromEntries(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [colon === 0 ? 'comment' : line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

export interface FeedReader {
  readonly seen: PublishedEvent[];
  readonly done: Promise<void>;
  numbers(): string[];
}

/** Collects what a stream gives, and how it ends. */
export function follow(events: AsyncIterable<PublishedEvent>): FeedReader {
  const seen: PublishedEvent[] = [];
  const done = (async () => {
    for await (const event of events) seen.push(event);
  })();
  done.catch(() => undefined);
  return { seen, done, numbers: () => seen.map(({ pub_seq }) => pub_seq) };
}
