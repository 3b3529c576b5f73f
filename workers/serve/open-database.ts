/**
 * The database of a serving process. The control role brings it to this release's schema first; nobody serves on another
 * one (registration.md 7 "initialize").
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServeConfig } from '../../contracts/gateway.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { requireSchema } from '../../db/stores/registration/projector/initialize.ts';

/** Activities and requests side by side (registry.md 8.1). */
const connections = 20;
/** How long a process that does not migrate waits for one that may be about to, ms. */
const othersMigrateMs = 10_000;
const lookAgainMs = 250;

export interface PreparedDatabase {
  readonly database: Database;
  readonly url: string;
  /** Resolves when the schema is this release's; rejects with ND015 when it is another, or what `migrate` throws. */
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
  const ready = config.roles.includes('control') ? migrateAndCompare(url) : awaitSchema(url);
  // Whoever waits for it hears of the failure.
  ready.catch(() => undefined);
  return {
    database: openDatabase(url, { max: connections, applicationName: `omnibase-serve ${config.host_id}` }),
    url,
    ready,
  };
}

/** Another release may have migrated further: then this one must not write. */
async function migrateAndCompare(url: string): Promise<void> {
  await migrate(url);
  await requireSchema(url);
}

async function awaitSchema(url: string): Promise<void> {
  for (const until = performance.now() + othersMigrateMs; ; await sleep(lookAgainMs)) {
    try {
      await requireSchema(url);
      return;
    } catch (error) {
      if (!isBehind(error) || performance.now() > until) throw error;
    }
  }
}

function isBehind(error: unknown): boolean {
  if (!(error instanceof OmniBaseError) || error.code !== 'ND015') return false;
  const status = error.details?.['status'];
  return status === 'behind' || status === 'empty';
}
