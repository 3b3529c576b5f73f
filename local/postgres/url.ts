/** The URL of the embedded database, and how a URL is shown. */
import { OmniBaseError } from '../../contracts/error.ts';
import { databaseUser } from './cluster.ts';
import { defaultSocketPort } from './settings.ts';

/** The product's database in the cluster. */
const databaseName = 'omnibase';

/** `host` in the query beats the one in front: both libpq and node-postgres read it as the socket folder. */
export function databaseUrl(socketDir: string, port: number | null, password: string): string {
  const url = new URL(`postgresql://${databaseUser}:${password}@localhost/${databaseName}`);
  url.port = String(port ?? defaultSocketPort);
  url.searchParams.set('host', socketDir);
  return url.href;
}

/** A URL with its password left out, for people and status answers. */
export function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.password = '';
    parsed.searchParams.delete('password');
    return parsed.href;
  } catch (cause) {
    throw new OmniBaseError('OB003', { message: 'OMNIBASE_DATABASE_URL is not a URL', cause });
  }
}
