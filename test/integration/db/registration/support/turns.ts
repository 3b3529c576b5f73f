/**
 * A wire to Postgres that can be cut, and that counts round trips: how often the client speaks after the server has
 * spoken. What the client writes in one go is passed on in one piece, so that the server cannot answer the first half of
 * it before the second has left.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface CountedWire {
  readonly url: string;
  /** Turns since the last call. */
  turns(): number;
  /**
   * Cuts the connection once, at the `turn`th time from now that the client speaks: before the server hears it, or when
   * the server has answered all of it and the client has heard nothing.
   */
  cutAt(turn: number, moment: 'before' | 'after'): void;
  close(): Promise<void>;
}

interface Cut {
  turn: number;
  readonly moment: 'before' | 'after';
}

/** The client writes a flight within one tick; this is long enough to have all of it. */
const flightMs = 3;

export async function countTurns(url: string): Promise<CountedWire> {
  const place = placeOf(new URL(url));
  const sockets = new Set<Socket>();
  let turns = 0;
  let cut: Cut | null = null;

  const server = createServer((client) => {
    const upstream = connect(place);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
    }
    let clientSpoke = false;
    let flight: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    /** Answers still to come before the connection is cut; null while it is not. */
    let awaited: number | null = null;
    let heard = Buffer.alloc(0);

    const passOn = (): void => {
      const message = Buffer.concat(flight);
      flight = [];
      if (!clientSpoke) {
        turns += 1;
        if (cut !== null) cut.turn -= 1;
      }
      clientSpoke = true;
      if (cut !== null && cut.turn === 0) {
        const { moment } = cut;
        cut = null;
        if (moment === 'before') return void client.destroy();
        awaited = count(message, 'SQ').found;
      }
      upstream.write(message);
    };
    client.on('data', (chunk) => {
      flight.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(passOn, flightMs);
    });
    upstream.on('data', (chunk) => {
      clientSpoke = false;
      if (awaited === null) return void client.write(chunk);
      const { found, rest } = count(Buffer.concat([heard, chunk]), 'Z');
      heard = Buffer.from(rest);
      awaited -= found;
      if (awaited <= 0) client.destroy();
    });
    client.on('close', () => {
      clearTimeout(timer);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: through(url, address.port),
    turns: () => {
      const counted = turns;
      turns = 0;
      return counted;
    },
    cutAt: (turn, moment) => {
      cut = { turn, moment };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Messages of these types, and what is left of one that has not arrived whole: a type byte, a length, a body. */
function count(bytes: Buffer, types: string): { readonly found: number; readonly rest: Buffer } {
  let found = 0;
  let start = 0;
  while (start + 5 <= bytes.length) {
    const end = start + 1 + bytes.readInt32BE(start + 1);
    if (end > bytes.length) break;
    if (types.includes(String.fromCharCode(bytes.readUInt8(start)))) found += 1;
    start = end;
  }
  return { found, rest: bytes.subarray(start) };
}

/** Tests reach Postgres by a socket file or by a port. */
function placeOf(target: URL): { readonly path: string } | { readonly host: string; readonly port: number } {
  const folder = target.searchParams.get('host');
  const port = Number(target.searchParams.get('port') ?? target.port);
  return folder === null ? { host: target.hostname, port } : { path: `${folder}/.s.PGSQL.${port}` };
}

function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.searchParams.delete('host');
  changed.searchParams.delete('port');
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href;
}
