/** Reads several components by uuid; those that do not exist are left out. */
import type { ComponentRecord } from '../../../contracts/component.ts';
import type { Database } from '../../client.ts';
import { recordColumns, recordOf } from './record.ts';

const statement = `SELECT ${recordColumns('c')} FROM components c WHERE c.uuid = ANY($1::uuid[])`;

export async function findByUuids(database: Database, uuids: readonly string[]): Promise<ComponentRecord[]> {
  if (uuids.length === 0) return [];
  const { rows } = await database.pool.query({ name: 'components_by_uuids', text: statement, values: [uuids] });
  return rows.map(recordOf);
}
