/** One registry on a database and a cache folder of its own. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, OmniBaseError } from '../../../../contracts/error.ts';
import type { CallContext } from '../../../../contracts/registry.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { type CacheLocation, cacheLocation } from '../../../../registry/cache/file/location.ts';
import {
  createRegistry,
  type RegistryDependencies,
  type RegistryService,
} from '../../../../registry/service/create-registry.ts';
import { createTestDatabase } from '../../../support/postgres.ts';

export interface TestRegistry {
  readonly url: string;
  readonly database: Database;
  readonly cacheDir: string;
  readonly location: CacheLocation;
  readonly registry: RegistryService;
  /** Another service on the same database; closed with this one. */
  another(more?: Partial<RegistryDependencies>): RegistryService;
  close(): Promise<void>;
}

const databaseKey = 'test';

/** Every capability, under a name of its own. */
export function context(capabilities: readonly string[] = ['*'], more: Partial<CallContext> = {}): CallContext {
  return { principal: { id: 'tester', kind: 'user', capabilities }, correlation_id: randomUUID(), ...more };
}

export async function openTestRegistry(more: Partial<RegistryDependencies> = {}): Promise<TestRegistry> {
  const { url, drop } = await createTestDatabase();
  const database = openDatabase(url, { applicationName: 'registry tests' });
  const cacheDir = await mkdtemp(join(tmpdir(), 'omnibase-registry-'));
  const services: RegistryService[] = [];
  const another = (different: Partial<RegistryDependencies> = {}): RegistryService => {
    const service = createRegistry({ database, cacheDir, databaseKey, ...more, ...different });
    services.push(service);
    return service;
  };
  return {
    url,
    database,
    cacheDir,
    location: cacheLocation(cacheDir, databaseKey),
    registry: another(),
    another,
    close: async () => {
      await Promise.all(services.map((service) => service.close()));
      await database.close();
      await drop();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}

/** The error a call is refused with; fails when it succeeds or throws anything else. */
export async function refusal(work: Promise<unknown>, code: ErrorCode): Promise<OmniBaseError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OmniBaseError && error.code === code) return error;
    throw error;
  }
  throw new Error(`expected ${code}, but the call succeeded`);
}

/** All rows of a query. */
export async function rowsOf<T>(database: Database, text: string, values: unknown[] = []): Promise<T[]> {
  const { rows } = await database.pool.query({ text, values });
  return rows as T[];
}
