/** The registry service of a serving process: it listens for changes, so its memory cache may answer (registry.md 8). */
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { createRegistryMetrics } from '../../api/metrics/registry-metrics.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { ServeConfig } from '../../contracts/gateway.ts';
import type { Database } from '../../db/client.ts';
import { databaseKey } from '../../registry/cache/file/location.ts';
import { createRegistry, type RegistryService } from '../../registry/service/create-registry.ts';

export interface RegistryParts {
  readonly config: ServeConfig;
  readonly database: Database;
  readonly env: NodeJS.ProcessEnv;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

export function openRegistry({ config, database, env, metrics, logger }: RegistryParts): RegistryService {
  const url = env['OMNIBASE_DATABASE_URL'];
  if (url === undefined) throw new OmniBaseError('OB003', { message: 'OMNIBASE_DATABASE_URL is not set' });
  return createRegistry({
    database,
    cacheDir: config.cache_dir,
    databaseKey: databaseKey(url),
    listen: true,
    observer: createRegistryMetrics(metrics),
    logger: logger.child({ component: 'registry' }),
  });
}
