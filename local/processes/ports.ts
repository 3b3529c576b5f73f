/**
 * Free loopback ports for servers that cannot pick their own. A port is only proven free at the moment of
 * asking; whoever starts a server on it must treat "address in use" as a reason to ask again.
 */
import { createServer } from 'node:net';

/** `count` different free ports, found while all of them are held open together. */
export async function freePorts(count: number, ip = '127.0.0.1'): Promise<readonly number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0, ip)));
  const ports = held.map((entry) => entry?.port ?? 0);
  await Promise.all(held.map((entry) => entry?.release()));
  if (ports.some((port) => port === 0)) throw new Error(`no free port on ${ip}`);
  return ports;
}

/** Whether a port can be listened on now. */
export async function isFree(port: number, ip = '127.0.0.1'): Promise<boolean> {
  const held = await hold(port, ip);
  await held?.release();
  return held !== null;
}

interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

function hold(port: number, ip: string): Promise<HeldPort | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: ip, exclusive: true }, () => {
      const address = server.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : 0;
      resolve({ port: chosen, release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}
