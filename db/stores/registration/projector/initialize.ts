/**
 * Brings the database to the schema of this build and tells whether it has it (registration.md 7 "initialize"). Any
 * number of processes may do so at once; a missing file or a statement that fails is fatal, never a warning.
 */
import { createHash } from 'node:crypto';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { migrate, migrationState } from '../../../migrate.ts';
import { toNodeError } from '../../../resilience/database-errors.ts';

export interface Initialized {
  /** Migrations that this call applied. */
  readonly applied: number;
  readonly fingerprint: string;
}

/**
 * @throws ND009 when Postgres is away, ND010 when somebody else migrates for more than a minute, ND015 when a migration
 *   is missing or fails, or when the database is not of this line
 */
export async function initializeSchema(url: string): Promise<Initialized> {
  try {
    const { applied } = await migrate(url);
    return { applied, fingerprint: await requireSchema(url) };
  } catch (error) {
    throw asFatal(error);
  }
}

/**
 * The fingerprint of a database whose schema is that of this build; workers and gateways refuse to start without.
 * @throws ND009, ND015
 */
export async function requireSchema(url: string): Promise<string> {
  try {
    const { status, applied, pending } = await migrationState(url);
    if (status !== 'current') throw new OmniBaseError('ND015', { details: { status, applied, pending } });
    return createHash('sha256').update(applied.join('\n')).digest('hex');
  } catch (error) {
    throw asFatal(error);
  }
}

function asFatal(error: unknown): OmniBaseError {
  if (error instanceof OmniBaseError) {
    return error.code === 'OB015'
      ? new OmniBaseError('ND009', { cause: error })
      : error.code === 'ND015' || error.code === 'ND010'
        ? error
        : new OmniBaseError('ND015', { cause: error });
  }
  const told = toNodeError(error);
  return told.code === 'ND012' ? new OmniBaseError('ND015', { cause: error }) : told;
}
