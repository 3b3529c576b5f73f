/**
 * Reads server-sent events whatever the chunk borders are (WHATWG HTML, "Server-sent events"): characters, lines and
 * line ends may be torn apart anywhere.
 */
import { StringDecoder } from 'node:string_decoder';

export interface ServerSentEvent {
  /** Of the last event that had one; empty before. */
  readonly id: string;
  /** `message` when the stream names none. */
  readonly event: string;
  /** Null for what is no event but a sign of life: a comment, or an id that stands alone. */
  readonly data: string | null;
  /** Facts about the event beside its data; browsers pass over this field. */
  readonly meta: string | null;
}

export interface SseOptions {
  /** Longest event, characters; default 16 Mi. */
  readonly longestEvent?: number;
}

const defaultLongestEvent = 16 * 1024 * 1024;

/**
 * Events that are complete, and signs of life. What stands behind the last empty line is torn and dropped.
 *
 * @throws RangeError for an event that is too long
 */
export async function* readSse(
  chunks: AsyncIterable<Uint8Array>,
  options: SseOptions = {},
): AsyncGenerator<ServerSentEvent> {
  const longestEvent = options.longestEvent ?? defaultLongestEvent;
  const fields = new Fields();
  for await (const line of linesOf(chunks, longestEvent)) {
    if (line.startsWith(':')) yield fields.alive();
    else if (line === '') yield fields.end();
    else fields.add(line);
    if (fields.length > longestEvent) throw new RangeError(`an event has more than ${longestEvent} characters`);
  }
}

/** Lines that are complete; they end with LF, CR LF or CR. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  // Pieces of the open line: joined once, so that a long line in many chunks costs linear time.
  let pieces: string[] = [];
  let length = 0;
  let afterReturn = false;
  for await (const chunk of chunks) {
    let given = decoder.write(Buffer.from(chunk));
    if (given === '') continue;
    // The LF of a CR LF that was torn apart ends no second line.
    if (afterReturn && given.startsWith('\n')) given = given.slice(1);
    afterReturn = given === '' ? false : given.endsWith('\r');
    const [head = '', ...rest] = given.split(/\r\n|\n|\r/);
    pieces.push(head);
    length += head.length;
    for (const tail of rest) {
      yield pieces.join('');
      pieces = [tail];
      length = tail.length;
    }
    if (length > longest) throw new RangeError(`a line has more than ${longest} characters`);
  }
}

/** The fields of the event that is being read. */
class Fields {
  length = 0;
  private id = '';
  private event = '';
  private data: string[] = [];
  private meta: string | null = null;

  add(line: string): void {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line.charAt(colon + 1) === ' ' ? colon + 2 : colon + 1);
    if (name === 'id' && !value.includes('\0')) this.id = value;
    else if (name === 'event') this.event = value;
    else if (name === 'data' || name === 'meta') {
      this.length += value.length + 1;
      if (name === 'data') this.data.push(value);
      else this.meta = value;
    }
  }

  /** A sign of life in the middle of whatever is being read. */
  alive(): ServerSentEvent {
    return { id: this.id, event: 'message', data: null, meta: null };
  }

  end(): ServerSentEvent {
    const { id, data, meta } = this;
    const event = this.event === '' ? 'message' : this.event;
    this.event = '';
    this.data = [];
    this.meta = null;
    this.length = 0;
    return { id, event, data: data.length === 0 ? null : data.join('\n'), meta };
  }
}
