/** Which registry this database holds, and in which epoch. */
import type { Database } from '../../client.ts';
import type { ChangeCursor } from './cursor.ts';

export interface RegistryIdentity {
  readonly registry_id: string;
  /** Raised by every restore; cursors and caches of an older one are void. */
  readonly epoch: number;
}

export async function readIdentity(database: Database): Promise<RegistryIdentity> {
  const { rows } = await database.pool.query<RegistryIdentity>({
    name: 'registry_identity',
    text: 'SELECT registry_id, epoch FROM registry_meta',
  });
  return identityIn(rows);
}

/** The one row of `registry_meta`; the migration puts it there. */
export function identityIn(rows: readonly unknown[]): RegistryIdentity {
  return rows[0] as RegistryIdentity;
}

/**
 * Starts a new epoch when the log holds transactions this server has not come to yet: the data was moved here from
 * another server, and its transaction numbers say nothing about the order of changes to come (registry.md 4).
 * @returns true when the epoch was raised
 */
export async function raiseEpochAfterMove(database: Database): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    `UPDATE registry_meta m SET epoch = m.epoch + 1
      WHERE (SELECT max(c.txid) FROM registry_changes c WHERE c.epoch = m.epoch)
            >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint`,
  );
  return rowCount === 1;
}

/** The cursor of this moment: whatever becomes visible later lies behind it. */
export async function readHorizon(database: Database): Promise<ChangeCursor> {
  const { rows } = await database.pool.query<{ epoch: number; xmin: string }>(
    'SELECT epoch, pg_snapshot_xmin(pg_current_snapshot())::text AS xmin FROM registry_meta',
  );
  return { epoch: rows[0]?.epoch ?? 1, txid: Number(rows[0]?.xmin ?? 0), seq: 0 };
}
