/**
 * Copies of the product's database on its own server, taken and put back while everything runs: what a restore of a
 * managed database looks like to those who are connected.
 */
import pg from 'pg';

const copyName = 'omnibase_before';

/** Keeps the database as it is now. */
export function keepCopy(databaseUrl: string): Promise<void> {
  return alone(databaseUrl, async (admin, name) => {
    await admin.query(`CREATE DATABASE ${copyName} TEMPLATE ${name} STRATEGY file_copy`);
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  });
}

/** Puts the copy in the place of the database. */
export function putBack(databaseUrl: string): Promise<void> {
  return alone(databaseUrl, async (admin, name) => {
    await admin.query(`ALTER DATABASE ${name} RENAME TO omnibase_lost`);
    await admin.query(`ALTER DATABASE ${copyName} RENAME TO ${name}`);
  });
}

/** Runs `work` while nobody is connected to the database, or can be. */
async function alone(databaseUrl: string, work: (admin: pg.Client, name: string) => Promise<void>): Promise<void> {
  const url = new URL(databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  try {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [name]);
    await work(admin, name);
  } finally {
    await admin.end();
  }
}
