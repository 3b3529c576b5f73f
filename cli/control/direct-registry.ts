/**
 * The registry without a gateway: straight on the configured database, or on the file cache alone. Loaded
 * only when there is no gateway, because it brings the database driver with it.
 */
import { openDatabase } from '../../db/client.ts';
import type { RegistryApi } from '../../contracts/registry.ts';
import { resolvePaths } from '../../local/paths.ts';
import { databaseKey } from '../../registry/cache/file/location.ts';
import { createRegistry } from '../../registry/service/create-registry.ts';
import type { Environment } from '../io.ts';
import { databaseUrl } from './database-url.ts';

/** Names a cache folder that does not exist, for a machine whose database was never made. */
const noDatabase = 'postgresql://localhost/omnibase';

/**
 * @param offline `always` never touches the database; `auto` falls back to the cache when it is away
 */
export async function openDirectRegistry(
  env: Environment,
  offline: 'auto' | 'always',
): Promise<{ readonly registry: RegistryApi; close(): Promise<void> }> {
  const url = await databaseUrl(env);
  const database =
    offline === 'always' || url === null ? null : openDatabase(url, { max: 4, applicationName: 'omnibase cli' });
  const registry = createRegistry({
    database,
    cacheDir: resolvePaths({ ...env }).cache_dir,
    databaseKey: databaseKey(url ?? noDatabase),
    offline,
  });
  return {
    registry,
    async close() {
      await registry.close();
      await database?.close();
    },
  };
}
