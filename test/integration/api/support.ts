/** Gateways on real listeners in a folder of their own, and raw connections to them. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ApiClient, type ApiClientOptions, createApiClient } from '../../../api/client/client.ts';
import { listenGateway, type ListenOptions } from '../../../api/listen.ts';
import { type TestGateway, type TestGatewayOptions, testGateway } from '../../unit/api/support/gateway.ts';

export interface Listening extends TestGateway {
  readonly socketPath: string;
  readonly url: string | null;
  readonly client: ApiClient;
}

export interface SocketHouse {
  readonly directory: string;
  readonly socketPath: string;
  /** Opens a gateway on the socket of this house. */
  open(
    options?: TestGatewayOptions & { listen?: Partial<ListenOptions>; client?: ApiClientOptions },
  ): Promise<Listening>;
  /** Closes every gateway and client, and removes the folder. */
  dispose(): Promise<void>;
}

export async function socketHouse(): Promise<SocketHouse> {
  const directory = await mkdtemp(path.join(tmpdir(), 'omnibase-api-'));
  const socketPath = path.join(directory, `gateway-${randomBytes(3).toString('hex')}.sock`);
  const closing: (() => unknown)[] = [];
  return {
    directory,
    socketPath,
    async open({ listen = {}, client: clientOptions = {}, ...options } = {}) {
      const test = testGateway(options);
      closing.push(() => test.gateway.close());
      const { url } = await listenGateway(test.gateway, { socketPath, tcp: null, ...listen });
      const client = createApiClient({ socketPath }, clientOptions);
      closing.push(() => client.close());
      return { ...test, socketPath, url, client };
    },
    async dispose() {
      await Promise.all(closing.map((close) => close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Sends bytes as they are and gives everything that comes back until the connection ends. */
export async function rawExchange(socketPath: string, bytes: string | Buffer): Promise<string> {
  const socket = connect(socketPath);
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.once('close', () => resolve());
  socket.on('error', () => socket.destroy());
  socket.end(bytes);
  await promise;
  return Buffer.concat(chunks).toString('utf8');
}
