/**
 * Puts a gateway on its listeners: the unix socket (0600) and, when asked, TCP. Closing the gateway drains
 * and closes them.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { OmniBaseError } from '../contracts/error.ts';
import { answerBrokenRequest } from './plugins/errors.ts';
import type { Gateway } from './server.ts';
import { bindUnixSocket } from './unix-socket.ts';

export interface ListenOptions {
  readonly socketPath: string | null;
  /** Port 0 takes any free port. */
  readonly tcp: { readonly host: string; readonly port: number } | null;
  /** How long calls in flight may take once closing has begun, ms; default 10,000. */
  readonly drainMs?: number;
}

export interface GatewayListeners {
  readonly socketPath: string | null;
  /** Origin of the TCP listener, e.g. `http://127.0.0.1:8080`. */
  readonly url: string | null;
}

const defaultDrainMs = 10_000;
const sweepMs = 20;
/** Time for the headers and for the whole request: a slow sender must not hold a connection. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000 } as const;

/**
 * Listens; resolves when every listener accepts connections. `gateway.close()` ends them.
 *
 * @throws OB011 when a path or port is taken or may not be used; the gateway is closed then
 */
export async function listenGateway(gateway: Gateway, options: ListenOptions): Promise<GatewayListeners> {
  await gateway.ready();
  const drainMs = options.drainMs ?? defaultDrainMs;
  try {
    if (options.socketPath !== null) await listenOnSocket(gateway, options.socketPath, drainMs);
    const url = options.tcp === null ? null : await listenOnTcp(gateway, options.tcp, drainMs);
    return { socketPath: options.socketPath, url };
  } catch (cause) {
    await gateway.close();
    throw cause;
  }
}

async function listenOnSocket(gateway: Gateway, socketPath: string, drainMs: number): Promise<void> {
  const server = newServer(gateway);
  server.on('connection', (socket) => gateway.localSockets.add(socket));
  const bound = await bindUnixSocket(server, socketPath);
  gateway.drain.listeners.push(async () => {
    const ended = endServer(server, drainMs);
    await bound.release();
    await ended;
  });
}

async function listenOnTcp(
  gateway: Gateway,
  { host, port }: { host: string; port: number },
  drainMs: number,
): Promise<string> {
  const server = newServer(gateway);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  await promise.catch((cause: unknown) => {
    throw new OmniBaseError('OB011', { details: { part: `api (${host}:${port}: ${reasonOf(cause)})` }, cause });
  });
  server.removeListener('error', reject);
  gateway.drain.listeners.push(() => endServer(server, drainMs));
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

/** Fastify's own server object never listens: each listener has one of ours, so that it can be told apart. */
function newServer(gateway: Gateway): Server {
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    // RFC 9112, 3.2; Node itself would answer without a body.
    const needsHost = request.httpVersion === '1.1' && request.headers.host === undefined;
    if (needsHost) answerBrokenRequest(new Error('no host'), request.socket);
    else gateway.routing(request, response);
  };
  const server = createServer({ ...timeouts, requireHostHeader: false }, take);
  server.on('clientError', answerBrokenRequest);
  // An expectation nobody knows is passed over (RFC 9110, 10.1.1); Node itself would answer 417, without a body.
  server.on('checkExpectation', take);
  return server;
}

/**
 * Stops accepting, closes connections as they fall idle, gives the rest `drainMs`, then cuts it. Node closes idle
 * connections only once, at the call; one that ends its answer a moment later would stay for its keep-alive.
 */
async function endServer(server: Server, drainMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  server.close(() => resolve());
  await promise;
  clearInterval(sweep);
  clearTimeout(cut);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'cannot listen';
}
