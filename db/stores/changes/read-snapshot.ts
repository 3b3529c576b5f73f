/** Reads every component as of one moment, with the cursor from which changes continue (registry.md 8.4, full sync). */
import type { ComponentRecord } from '../../../contracts/component.ts';
import type { Database } from '../../client.ts';
import { inTransaction, type Row, type Transaction } from '../../transaction.ts';
import { recordColumns, recordOf } from '../components/record.ts';
import type { ChangeCursor } from './cursor.ts';
import { identityIn, type RegistryIdentity } from './identity.ts';

export interface RegistrySnapshot {
  readonly identity: RegistryIdentity;
  /** Changes from here on are not (or not surely) in the snapshot. */
  readonly cursor: ChangeCursor;
  readonly records: readonly ComponentRecord[];
}

const horizon: string = 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin';
const page = `SELECT ${recordColumns('c')} FROM components c WHERE $1::uuid IS NULL OR c.uuid > $1 ORDER BY c.uuid LIMIT $2`;

/** @param pageSize components per query, 1-10,000 */
export async function readSnapshot(database: Database, pageSize = 2_000): Promise<RegistrySnapshot> {
  return inTransaction(database.pool, (transaction) => readAll(transaction, pageSize), 'snapshot');
}

async function readAll(transaction: Transaction, pageSize: number): Promise<RegistrySnapshot> {
  const [meta = [], edge = [], first = []] = await transaction.flight([
    { text: 'SELECT registry_id, epoch FROM registry_meta' },
    { text: horizon },
    pageAfter(null, pageSize),
  ]);
  const records: ComponentRecord[] = [];
  let rows: readonly Row[] = first;
  while (rows.length > 0) {
    records.push(...rows.map(recordOf));
    if (rows.length < pageSize) break;
    const [next = []] = await transaction.flight([pageAfter(records.at(-1)?.metadata.uuid ?? null, pageSize)]);
    rows = next;
  }
  const identity = identityIn(meta);
  return { identity, cursor: { epoch: identity.epoch, txid: Number(edge[0]?.['xmin']), seq: 0 }, records };
}

function pageAfter(uuid: string | null, pageSize: number): { text: string; values: unknown[]; name: string } {
  return { name: 'registry_snapshot_page', text: page, values: [uuid, pageSize] };
}
