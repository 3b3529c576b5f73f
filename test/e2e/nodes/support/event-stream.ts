/** Reads server-sent events as WHATWG HTML describes them, kept in the order in which they came. */
import type { Http } from './http.ts';

export interface ReceivedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface FollowedStream {
  /** Grows while the stream is open. */
  readonly events: readonly ReceivedEvent[];
  close(): Promise<void>;
}

/** Opens `GET /api/v1/events` from the oldest kept event and goes on until it is closed. */
export async function followEvents(http: Http, query: string): Promise<FollowedStream> {
  const abort = new AbortController();
  const headers = { 'last-event-id': '0', accept: 'text/event-stream' };
  const { status, bytes } = await http.open('GET', `/api/v1/events?${query}`, { headers, signal: abort.signal });
  if (status !== 200) throw new Error(`the stream of events answered ${status}`);
  const events: ReceivedEvent[] = [];
  const reading = collect(bytes, events).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  return {
    events,
    async close() {
      abort.abort();
      await reading;
    },
  };
}

async function collect(bytes: AsyncIterable<Uint8Array>, into: ReceivedEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of bytes) {
    text += decoder.decode(part, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line): [string, string] => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
        }),
      );
      const data = fields.get('data');
      if (data === undefined) continue;
      into.push({
        id: fields.get('id') ?? '',
        event: fields.get('event') ?? 'message',
        data: JSON.parse(data) as ReceivedEvent['data'],
      });
    }
  }
}
