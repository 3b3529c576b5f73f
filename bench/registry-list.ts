/**
 * Reads of the registry at 1,000 components (registry.md 13): what the service takes, from Postgres and from its caches,
 * beside the same statement sent raw. Targets: `list` by tag below 100 ms (goal: call below 5 ms); tag query within
 * twice the raw prepared statement.
 *
 * `node bench/registry-list.ts [components]`, on an embedded Postgres of its own.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext } from '../contracts/registry.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { compileSearch } from '../db/stores/components/compile-search.ts';
import { criteriaOf } from '../domain/search/criteria.ts';
import { startPostgres } from '../local/postgres.ts';
import { createRegistry, type RegistryService } from '../registry/service/create-registry.ts';
import { interleave, machine, median, percentile, type Samples } from './support/measure.ts';

const components = Number(process.argv[2] ?? 1_000);
const rounds = 300;

const context: CallContext = {
  principal: { id: 'bench', kind: 'service', capabilities: ['*'] },
  correlation_id: 'bench',
};

interface Case {
  readonly name: string;
  run(): Promise<unknown>;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'omnibase-bench-registry-'));
  // Entered by the database's account when the bench runs as root.
  chmodSync(folder, 0o711);
  const postgres = await startPostgres({ stateDir: folder });
  try {
    await migrate(postgres.url);
    const database = openDatabase(postgres.url, { applicationName: 'bench' });
    const dependencies = { database, cacheDir: folder, databaseKey: 'bench' };
    const authority = createRegistry(dependencies);
    const seeding = await seed(authority);
    await database.pool.query('VACUUM ANALYZE');
    const service = createRegistry({ ...dependencies, listen: true });
    const offline = createRegistry({ ...dependencies, offline: 'always' });
    await sleep(500);
    const samples = await interleave(cases(database, { authority, service, offline }), { runs: rounds, warmups: 30 });
    const { rows } = await database.pool.query<{ server_version: string }>('SHOW server_version');
    process.stdout.write(
      `${machine()}, Postgres ${rows[0]?.server_version}\n${components} components, 5 of 200 tags each; ${rounds} rounds, cases in turn\n` +
        `registered in ${(seeding / 1000).toFixed(1)} s, one after the other: ${(seeding / components).toFixed(2)} ms each\n\n`,
    );
    print(samples);
    await Promise.all([authority, service, offline].map((registry) => registry.close()));
    await database.close();
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fixed content: component `n` has tags n, n+40, … of 200, and depends on nothing. */
async function seed(registry: RegistryService): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < components; index++) {
    await registry.register(documentOf(index), {}, context);
  }
  return performance.now() - start;
}

function documentOf(index: number): unknown {
  return {
    uuid: uuidOf(index),
    name: `component-${index}`,
    version: `1.${index % 7}.0`,
    type: 'validator',
    namespace: `team-${index % 20}`,
    author: 'bench',
    created_at: '2026-01-01T00:00:00Z',
    description: `Checks what component number ${index} is there to check.`,
    entrypoint: { kind: 'command', program: 'true', args: [] },
    tags: [0, 40, 80, 120, 160].map((offset) => `tag-${(index + offset) % 200}`),
  };
}

function uuidOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

function cases(
  database: Database,
  { authority, service, offline }: Record<'authority' | 'service' | 'offline', RegistryService>,
): Case[] {
  const turning = (name: string, run: (round: number) => Promise<unknown>): Case => {
    let round = 0;
    return { name, run: () => run(round++) };
  };
  const tagOf = (round: number): string => `tag-${(round * 7) % 200}`;
  const raw = (round: number): Promise<unknown> => {
    const criteria = criteriaOf({ tags: [tagOf(round)] });
    const { text, values = [], name } = compileSearch(criteria, { limit: 100, after: null });
    return database.pool.query({ text, values: [...values], name: `raw_${name}` });
  };
  return [
    turning('tag query: raw prepared statement', raw),
    turning('tag query: service', (round) => authority.search({ tags: [tagOf(round)] }, context)),
    turning('tag query: memory cache', (round) => service.search({ tags: [tagOf(round % 3)] }, context)),
    turning('tag query: file cache, offline', (round) => offline.search({ tags: [tagOf(round)] }, context)),
    turning('first page of everything (100)', () => authority.search({}, context)),
    turning('text search', (round) => authority.search({ text: `number ${round % components}` }, context)),
    turning('lookup by uuid', (round) => authority.lookup(uuidOf(round % components), {}, context)),
    turning('lookup by name', (round) => authority.lookup(`component-${round % components}`, {}, context)),
    turning('lookup by uuid: memory cache', (round) => service.lookup(uuidOf(round % 3), {}, context)),
  ];
}

function print(samples: readonly Samples[]): void {
  const reference = samples[0] === undefined ? Number.NaN : median(samples[0].ms);
  process.stdout.write(`${'ms'.padEnd(38)}${'p50'.padStart(8)}${'p95'.padStart(8)}${'x raw'.padStart(8)}\n`);
  for (const { name, ms } of samples) {
    const numbers = [median(ms), percentile(ms, 0.95), median(ms) / reference];
    process.stdout.write(`${name.padEnd(38)}${numbers.map((value) => value.toFixed(2).padStart(8)).join('')}\n`);
  }
}

await main();
