/** Reads one component by its uuid. */
import type { ComponentRecord } from '../../../contracts/component.ts';
import type { Database } from '../../client.ts';
import { recordColumns, recordOf } from './record.ts';

const statement = `SELECT ${recordColumns('c')} FROM components c WHERE c.uuid = $1`;

export async function findByUuid(database: Database, uuid: string): Promise<ComponentRecord | null> {
  const { rows } = await database.pool.query({ name: 'component_by_uuid', text: statement, values: [uuid] });
  return rows[0] === undefined ? null : recordOf(rows[0]);
}
