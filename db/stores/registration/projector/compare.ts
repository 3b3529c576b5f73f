/** Is a write news? Asked without writing, by the rule that also guards writes (registration.md 7 "Comparator"). */
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { Ordering, OrderingVerdict } from '../../../../contracts/node/projection.ts';
import type { Database } from '../../../client.ts';
import { orderingValues, type SqlVerdict, verdictSql } from './ordering-sql.ts';

export type RowVerdict = OrderingVerdict | 'absent';

/** @throws ND001 for an ordering that is none, ND005 and ND006 where there is no order between row and ordering */
export async function compareWithRow(
  database: Database,
  entityId: string,
  domain: string,
  ordering: Ordering,
): Promise<RowVerdict> {
  const values = [entityId, domain, ...orderingValues(ordering)];
  const { rows } = await database.pool.query<{ verdict: SqlVerdict; mode: string }>({
    name: 'node_compare',
    text: `SELECT ${verdictSql('p', 3)} AS verdict, p.ordering_mode AS mode
             FROM registration_projections p WHERE p.entity_id = $1 AND p.domain = $2`,
    values,
  });
  const [found] = rows;
  if (found === undefined) return 'absent';
  switch (found.verdict) {
    case 'mode':
      throw new OmniBaseError('ND005', { details: { stored: found.mode, given: values[2] } });
    case 'partition':
      throw new OmniBaseError('ND006');
    case 'newer':
    case 'duplicate':
    case 'stale':
      return found.verdict;
  }
}
