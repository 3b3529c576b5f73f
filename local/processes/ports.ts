/**
 * Free loopback ports for servers that cannot pick their own. A port is only proven free at the moment of
 * asking; whoever starts a server on it must treat "address in use" as a reason to ask again.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ranges from which Linux (32768-60999) and macOS (49152-65535) take the source ports of outgoing
 * connections: a recorded port in those ranges is sooner or later taken by some passing connection.
 */
const lowest = 20_000;
const highest = 32_000;

/** `count` different free ports, found while all of them are held open together. */
export async function freePorts(count: number, ip = '127.0.0.1'): Promise<readonly number[]> {
  const held: HeldPort[] = [];
  try {
    for (let attempt = 0; held.length < count; attempt += 1) {
      if (attempt > 1_000) throw new Error(`no free port on ${ip} between ${lowest} and ${highest}`);
      const candidate = await hold(randomInt(lowest, highest), ip);
      if (candidate !== null) held.push(candidate);
    }
    return held.map((entry) => entry.port);
  } finally {
    await Promise.all(held.map((entry) => entry.release()));
  }
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
      resolve({ port, release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}
