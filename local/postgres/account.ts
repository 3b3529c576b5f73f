/**
 * The OS account of the Postgres server. Postgres refuses to run as root, so a root caller hands it to an
 * unprivileged account: `postgres` where there is one, else a nobody-like account, else one made for it.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import { type OsAccount, runCommand } from '../processes/command.ts';

/** Tried in this order; `_postgres` is the macOS spelling. */
const existingAccounts = ['postgres', '_postgres', 'nobody'] as const;

/**
 * The account to run under, or null when the caller's own will do.
 *
 * @throws OB011 when the caller is root and no account can be found or made
 */
export async function postgresAccount(): Promise<OsAccount | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of existingAccounts) {
    const account = await lookUp(name);
    if (account !== null) return account;
  }
  await runCommand('groupadd', ['--system', 'postgres'], { timeoutMs: 10_000 });
  const made = await runCommand('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'], {
    timeoutMs: 10_000,
  });
  const account = await lookUp('postgres');
  if (account !== null) return account;
  throw new OmniBaseError('OB011', {
    message: 'the local stack did not start: Postgres cannot run as root and no other account could be made',
    details: { part: 'postgres', output: made.output.trim() },
    next: 'run omnibase as an ordinary user, or set OMNIBASE_DATABASE_URL',
  });
}

async function lookUp(name: string): Promise<OsAccount | null> {
  const [uid, gid] = await Promise.all([numericId('-u', name), numericId('-g', name)]);
  return uid === null || gid === null || uid === 0 ? null : { uid, gid };
}

async function numericId(flag: '-u' | '-g', name: string): Promise<number | null> {
  const result = await runCommand('id', [flag, name], { timeoutMs: 10_000 });
  const id = Number(result.output.trim());
  // macOS prints -2 for nobody, which the kernel knows as an unsigned number.
  return result.code === 0 && Number.isInteger(id) ? id >>> 0 : null;
}
