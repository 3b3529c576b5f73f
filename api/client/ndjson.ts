/**
 * Reads NDJSON whatever the chunk borders are: characters and lines may be torn apart anywhere. An empty
 * line is a sign of life and is reported as null.
 */
import { StringDecoder } from 'node:string_decoder';

export interface NdjsonOptions {
  /** Longest line, characters; default 64 Mi. */
  readonly longestLine?: number;
}

const defaultLongestLine = 64 * 1024 * 1024;

/**
 * Values of the complete lines, null for each empty one. A last line without its end is torn and dropped:
 * the stream broke there.
 *
 * @throws SyntaxError for a line that is not JSON, RangeError for one that is too long
 */
export async function* readNdjson(chunks: AsyncIterable<Uint8Array>, options: NdjsonOptions = {}): AsyncGenerator {
  const longestLine = options.longestLine ?? defaultLongestLine;
  const decoder = new StringDecoder('utf8');
  // Pieces of the open line: joined once, so that a long line in many chunks costs linear time.
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const [head = '', ...rest] = decoder.write(Buffer.from(chunk)).split('\n');
    pieces.push(head);
    length += head.length;
    for (const tail of rest) {
      yield valueOf(pieces.join(''));
      pieces = [tail];
      length = tail.length;
    }
    if (length > longestLine) throw new RangeError(`a line has more than ${longestLine} characters`);
  }
}

function valueOf(line: string): unknown {
  const text = line.trim();
  return text === '' ? null : (JSON.parse(text) as unknown);
}
