/** A TCP proxy before Postgres that a test can cut: connections break and new ones are refused, like a server restart. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Proxy extends AsyncDisposable {
  /** The database URL, through the proxy. */
  readonly url: string;
  cut(): void;
  mend(): void;
}

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connectTo(target);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  url.searchParams.delete('host');
  url.searchParams.delete('port');
  return {
    url: url.href,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The test server may listen on a unix socket, named by `?host=` (see `openDatabase`). */
function connectTo(target: URL): Socket {
  const folder = target.searchParams.get('host');
  const port = target.searchParams.get('port') ?? (target.port === '' ? '5432' : target.port);
  return folder?.startsWith('/') === true
    ? connect(`${folder}/.s.PGSQL.${port}`)
    : connect(Number(port), folder ?? target.hostname);
}
