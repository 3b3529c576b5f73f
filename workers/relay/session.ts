/**
 * The relay's own connection. The lock lives and dies with it, and so does everything the relay may write: a process
 * whose connection is gone cannot publish any more, whatever it believes.
 */
import pg from 'pg';
import { outboxChannel } from '../../contracts/event.ts';

export interface RelaySession {
  readonly client: pg.Client;
  /** Fires when the connection is gone. */
  readonly lost: AbortSignal;
  /** Ends the connection, and with it the lock; gives up on a server that does not answer. */
  end(): Promise<void>;
}

const statementTimeoutMs = 5_000;
const connectTimeoutMs = 2_000;
const longestEndMs = 1_000;

/**
 * A server that cuts idle sessions would take the lock away once a minute; and one whose client vanished without a word
 * must notice within seconds, because nobody else publishes until then. Over a unix socket the keep-alives mean nothing.
 */
const settings = `SET idle_session_timeout = 0; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`;

/** Connects; `onWake` is called for every announcement of events once the session listens. */
export async function openSession(databaseUrl: string, onWake: () => void): Promise<RelaySession> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'omnibase-relay',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    keepAlive: true,
    pipeline: true,
  });
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  client.on('notification', ({ channel }) => {
    if (channel === outboxChannel) onWake();
  });
  const end = async (): Promise<void> => {
    lost.abort();
    const timer = setTimeout(() => client.connection.stream.destroy(), longestEndMs);
    await client.end().catch(() => undefined);
    clearTimeout(timer);
  };
  try {
    await client.connect();
    await client.query(settings);
  } catch (error) {
    await end();
    throw error;
  }
  return { client, lost: lost.signal, end };
}
