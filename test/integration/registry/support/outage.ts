/**
 * A door to Postgres that a test can close: a TCP proxy in front of the real server. `refuse` breaks every connection
 * and takes no new one, `hang` keeps them and answers nothing, `serve` opens it again on the same port.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface Outage {
  /** The database of the test, through the proxy. */
  readonly url: string;
  refuse(): Promise<void>;
  hang(): void;
  serve(): Promise<void>;
  close(): Promise<void>;
}

export async function openOutage(databaseUrl: string): Promise<Outage> {
  const target = new URL(databaseUrl);
  const folder = target.searchParams.get('host');
  const upstream = (): Socket =>
    folder === null
      ? connect(Number(target.port), target.hostname)
      : connect(`${folder}/.s.PGSQL.${target.port || '5432'}`);
  const sockets = new Set<Socket>();
  let hanging = false;
  const server = createServer((client) => {
    const remote = upstream();
    for (const socket of [client, remote]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        remote.destroy();
      });
    }
    client.on('data', (bytes) => void (hanging || remote.write(bytes)));
    remote.on('data', (bytes) => void (hanging || client.write(bytes)));
  });
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = new URL(databaseUrl);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const refuse = async (): Promise<void> => {
    const closed = new Promise<void>((done) => server.close(() => done()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: url.href,
    refuse,
    hang: () => {
      hanging = true;
    },
    serve: async () => {
      hanging = false;
      if (!server.listening) await listen(port);
    },
    close: async () => {
      if (server.listening) await refuse();
    },
  };
}
