/** The database this machine's registry lives in: the configured one, or that of the local stack. */
import { OmniBaseError } from '../../contracts/error.ts';
import { resolvePaths } from '../../local/paths.ts';
import type { Environment } from '../io.ts';

/** URL with password, or null when nothing is configured and the local database was never made. */
export async function databaseUrl(env: Environment): Promise<string | null> {
  const configured = env['OMNIBASE_DATABASE_URL'];
  if (configured !== undefined && configured !== '') return configured;
  const [{ embeddedDatabaseUrl }, { openPortBook }] = await Promise.all([
    import('../../local/postgres.ts'),
    import('../../local/supervisor/port-book.ts'),
  ]);
  const { state_dir } = resolvePaths({ ...env });
  return embeddedDatabaseUrl(state_dir, openPortBook(state_dir, {}).get('postgres'));
}

/** @throws OB015 when there is no database yet */
export async function requireDatabaseUrl(env: Environment): Promise<string> {
  const url = await databaseUrl(env);
  if (url !== null) return url;
  throw new OmniBaseError('OB015', {
    message: 'there is no database yet: none is configured and the local stack was never started',
    next: 'omnibase up',
  });
}
