/** The supervisor's control socket: status, stop, restart. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { controlRoutes, restartable, type Restartable, type SupervisorReport } from './protocol.ts';

export interface ControlHandlers {
  /** Memory is read from every process of the machine, so only for those who ask. */
  report(withMemory: boolean): Promise<SupervisorReport>;
  /** Begins to stop; the answer does not wait for the end. */
  stop(): void;
  /** False when that part is external. */
  restart(part: Restartable): boolean;
}

/**
 * Listens on the socket. The caller holds the supervisor's lock, so a file in its place is a leftover and is
 * removed; the folder is private to the user.
 */
export async function startControlServer(socketPath: string, handlers: ControlHandlers): Promise<Server> {
  rmSync(socketPath, { force: true });
  const server = createServer((request, response) => {
    answer(request, response, handlers).catch((error: unknown) => {
      send(response, 500, { message: error instanceof Error ? error.message : String(error) });
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  chmodSync(socketPath, 0o600);
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: ControlHandlers): Promise<void> {
  const { method, url = '' } = request;
  if (method === 'GET' && url === controlRoutes.status) return send(response, 200, await handlers.report(false));
  if (method === 'GET' && url === controlRoutes.statusWithMemory)
    return send(response, 200, await handlers.report(true));
  if (method === 'POST' && url === controlRoutes.stop) {
    send(response, 202, { stopping: true });
    return handlers.stop();
  }
  if (method === 'POST' && url.startsWith(controlRoutes.restart)) {
    const part = restartable.find((name) => name === url.slice(controlRoutes.restart.length));
    if (part !== undefined && handlers.restart(part)) return send(response, 202, { restarting: part });
  }
  return send(response, 404, { message: `no ${method ?? ''} ${url} here` });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}
