/** The database of a serving process; the control role brings it to this release's schema first. */
import type { ServeConfig } from '../../contracts/gateway.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';

/** Activities and requests side by side (registry.md 8.1). */
const connections = 20;

export interface PreparedDatabase {
  readonly database: Database;
  /** Resolves when the schema is this release's; rejects with what `migrate` throws. */
  readonly ready: Promise<void>;
}

/**
 * Opens the pool and starts to migrate; nothing waits here, because the slow parts of a start go side by side.
 *
 * @throws OB003 without OMNIBASE_DATABASE_URL
 */
export function prepareDatabase(config: ServeConfig, env: NodeJS.ProcessEnv): PreparedDatabase {
  const url = env['OMNIBASE_DATABASE_URL'];
  if (url === undefined || url === '') {
    throw new OmniBaseError('OB003', { message: 'OMNIBASE_DATABASE_URL is not set', next: 'run `omnibase up`' });
  }
  const ready = config.roles.includes('control') ? migrate(url).then(() => undefined) : Promise.resolve();
  // Whoever waits for it hears of the failure.
  ready.catch(() => undefined);
  return {
    database: openDatabase(url, { max: connections, applicationName: `omnibase-serve ${config.host_id}` }),
    ready,
  };
}
