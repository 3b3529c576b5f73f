/** The database of a serving process; the control role brings it to this release's schema first. */
import type { ServeConfig } from '../../contracts/gateway.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';

/** Activities and requests side by side (registry.md 8.1). */
const connections = 20;

/** @throws OB003 without OMNIBASE_DATABASE_URL; what `migrate` throws */
export async function openDatabaseOf(config: ServeConfig, env: NodeJS.ProcessEnv): Promise<Database> {
  const url = env['OMNIBASE_DATABASE_URL'];
  if (url === undefined || url === '') {
    throw new OmniBaseError('OB003', { message: 'OMNIBASE_DATABASE_URL is not set', next: 'run `omnibase up`' });
  }
  if (config.roles.includes('control')) await migrate(url);
  return openDatabase(url, { max: connections, applicationName: `omnibase-serve ${config.host_id}` });
}
