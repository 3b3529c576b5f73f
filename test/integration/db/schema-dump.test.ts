import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../db/client.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { schemaDump } from './catalog.ts';

const path = join(import.meta.dirname, 'schema.dump.txt');

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'schema dump' });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

it('a migrated database has exactly the schema of the committed dump', async () => {
  const dump = await schemaDump(database);
  if (process.env['OMNIBASE_UPDATE_SCHEMA_DUMP'] === '1') await writeFile(path, dump);
  const hint =
    'the schema changed: look at the difference, then refresh the dump with ' +
    'OMNIBASE_UPDATE_SCHEMA_DUMP=1 npx vitest run --project integration test/integration/db/schema-dump.test.ts';
  expect(dump, hint).toBe(await readFile(path, 'utf8'));
});
