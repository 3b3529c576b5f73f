/**
 * The comparator as SQL (registration.md 7 "Comparator"): the same rule as `domain/registration/ordering`, written as a
 * row comparison over a stored row. A property test on Postgres holds the two together.
 */
import type { Ordering, OrderingVerdict } from '../../../../contracts/node/projection.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import { type OrderingKey, orderingKey } from '../../../../domain/registration/ordering.ts';

/** What the expression answers: a verdict, or why there is none. */
export type SqlVerdict = OrderingVerdict | 'mode' | 'partition';

/**
 * Expression of type text: the verdict on a write ordered by four parameters from `first` on (`orderingValues`), against
 * the row `alias`. An offset that came without a sequence counts as its own sequence.
 */
export function verdictSql(alias: string, first: number): string {
  const [mode, partition, major, minor] = [
    `$${first}::text`,
    `$${first + 1}::text`,
    `$${first + 2}::bigint`,
    `$${first + 3}::bigint`,
  ];
  const stored = `(CASE ${alias}.ordering_mode WHEN 'workflow' THEN ${alias}.epoch
      ELSE coalesce(${alias}.last_applied_sequence, ${alias}.last_applied_offset) END,
    CASE ${alias}.ordering_mode WHEN 'workflow' THEN ${alias}.version
      WHEN 'offset' THEN ${alias}.last_applied_offset ELSE 0 END)`;
  return `CASE WHEN ${alias}.ordering_mode <> ${mode} THEN 'mode'
    WHEN ${alias}.ordering_mode = 'offset' AND ${alias}.last_applied_partition IS DISTINCT FROM ${partition} THEN 'partition'
    WHEN ${stored} < (${major}, ${minor}) THEN 'newer'
    WHEN ${stored} = (${major}, ${minor}) THEN 'duplicate'
    ELSE 'stale' END`;
}

/** Values of the four parameters. @throws ND001 when the ordering has no number its mode needs */
export function orderingValues(ordering: Ordering): readonly [string, string | null, number, number] {
  const { mode, partition, major, minor }: OrderingKey = orderingKey(ordering);
  return [mode, partition, major, minor];
}

/** The ordering a row was last written with. */
export function storedOrdering(row: NodeRow): Ordering {
  switch (row.ordering_mode) {
    case 'workflow':
      return { epoch: row.epoch, version: row.version };
    case 'sequence':
      return { sequence: row.last_applied_sequence };
    case 'offset':
      return {
        sequence: row.last_applied_sequence,
        offset: row.last_applied_offset,
        partition: row.last_applied_partition,
      };
  }
}
