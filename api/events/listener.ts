/**
 * The one connection by which a process hears that events were published. It is only a wake-up: while it is broken the
 * feed polls, and a new connection is made in the background.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { publishedChannel } from '../../contracts/event.ts';

export interface Listener {
  close(): Promise<void>;
}

const firstRetryMs = 250;
const longestRetryMs = 5_000;

/** @param onPublished called with the last number published, and with null after each new connection */
export function listenToPublished(databaseUrl: string, onPublished: (last: string | null) => void): Listener {
  const closing = new AbortController();
  const ended = keepListening(databaseUrl, onPublished, closing.signal);
  return {
    async close() {
      closing.abort();
      await ended;
    },
  };
}

async function keepListening(
  databaseUrl: string,
  onPublished: (last: string | null) => void,
  signal: AbortSignal,
): Promise<void> {
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    const listened = await listenOnce(databaseUrl, onPublished, signal);
    retryMs = listened ? firstRetryMs : Math.min(retryMs * 2, longestRetryMs);
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** @returns whether the connection came to listen, once it has ended */
async function listenOnce(
  databaseUrl: string,
  onPublished: (last: string | null) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'omnibase-events',
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    keepAlive: true,
  });
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  client.on('error', () => resolve());
  client.on('end', () => resolve());
  client.on('notification', ({ payload }) => onPublished(payload ?? null));
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort);
  let listened = false;
  try {
    await client.connect();
    await client.query(`SET idle_session_timeout = 0; LISTEN ${publishedChannel}`);
    listened = true;
    // Whatever was published before this moment nobody was told.
    onPublished(null);
    await gone;
  } catch {
    // Polling goes on; the feed says when the database is away.
  } finally {
    signal.removeEventListener('abort', abort);
    const cut = setTimeout(() => client.connection.stream.destroy(), 1_000);
    await client.end().catch(() => undefined);
    clearTimeout(cut);
  }
  return listened;
}
