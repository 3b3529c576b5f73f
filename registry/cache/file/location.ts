/**
 * Where the file cache of a database lies: `<cache dir>/registry/<key>/` (registry.md 8.2). The key names the
 * database without its credentials and can be computed while the database is away.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { OmniBaseError } from '../../../contracts/error.ts';

export interface CacheLocation {
  readonly directory: string;
  readonly components: string;
  readonly quarantine: string;
  readonly lock: string;
  readonly dirty: string;
  readonly stats: string;
  readonly statsLock: string;
}

/**
 * 16 hex digits that stand for host, port, database and schema of a URL; user, password and options play no part.
 * @throws OB003 when `url` is no URL
 */
export function databaseKey(url: string, schema = 'public'): string {
  if (!URL.canParse(url)) {
    throw new OmniBaseError('OB003', {
      message: 'the database URL is not valid; it is not shown because it may hold a password',
    });
  }
  const { hostname, port, pathname, searchParams, username } = new URL(url);
  const host = (searchParams.get('host') ?? decodeURIComponent(hostname)).toLowerCase() || 'localhost';
  const database = decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username);
  const parts = [host, port || '5432', database, schema];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

export function cacheLocation(cacheDir: string, key: string): CacheLocation {
  const directory = join(cacheDir, 'registry', key);
  return {
    directory,
    components: join(directory, 'components.jsonl'),
    quarantine: join(directory, 'components.quarantine.jsonl'),
    lock: join(directory, 'lock'),
    dirty: join(directory, 'dirty'),
    stats: join(directory, 'stats.json'),
    statsLock: join(directory, 'stats.lock'),
  };
}
