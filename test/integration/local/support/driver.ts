/**
 * Run from another installation, or as another user: brings a stack up, asks its database where it is, tells,
 * and takes everything down again unless told to keep it.
 */
import { statSync } from 'node:fs';
import { Client } from 'pg';
import { resolvePaths } from '../../../../local/paths.ts';
import { embeddedDatabaseUrl } from '../../../../local/postgres.ts';
import { ensureStack, stopStack } from '../../../../local/up.ts';

const paths = resolvePaths(process.env);
const status = await ensureStack({ headless: true });
const url = await embeddedDatabaseUrl(paths.state_dir, null);
const client = new Client({ connectionString: url ?? '' });
await client.connect();
const { rows } = await client.query<{ data: string }>("SELECT current_setting('data_directory') AS data");
await client.end();
const data = rows[0]?.data ?? '';
const owner = statSync(data).uid;
if (process.argv[2] !== 'keep') await stopStack({ purge: true });
process.stdout.write(
  JSON.stringify({
    state: status.state,
    version: status.version,
    uid: process.getuid?.(),
    data,
    owner,
    state_dir: paths.state_dir,
  }),
);
