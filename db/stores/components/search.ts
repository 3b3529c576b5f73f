/** Searches components in Postgres, one page at a time (registry.md 5.4). */
import type { ComponentRecord } from '../../../contracts/component.ts';
import type { SearchCriteria } from '../../../domain/search/criteria.ts';
import type { Position } from '../../../domain/search/evaluate.ts';
import type { Database } from '../../client.ts';
import type { Row, Statement } from '../../transaction.ts';
import { compileCount, compileSearch } from './compile-search.ts';
import { recordOf } from './record.ts';

export interface RecordPage {
  readonly records: readonly ComponentRecord[];
  /** Where the next page starts; null on the last one. */
  readonly next: Position | null;
  /** Only when asked for. */
  readonly total: number | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly after: Position | null;
  readonly withTotal: boolean;
}

/** The total is counted beside the page, so under concurrent writes the two may differ by what was just written. */
export async function searchComponents(
  database: Database,
  criteria: SearchCriteria,
  page: PageRequest,
): Promise<RecordPage> {
  const [rows, counted] = await Promise.all([
    run(database, compileSearch(criteria, page)),
    page.withTotal ? run(database, compileCount(criteria)) : null,
  ]);
  const items = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? items.at(-1) : undefined;
  return {
    records: items.map(recordOf),
    next: last === undefined ? null : positionOf(last, criteria.order.length + 1),
    total: counted === null ? null : Number(counted[0]?.['total']),
  };
}

async function run(database: Database, { text, values, name }: Statement): Promise<Row[]> {
  const { rows } = await database.pool.query<Row>({
    text,
    values: [...(values ?? [])],
    ...(name === undefined ? {} : { name }),
  });
  return rows;
}

function positionOf(row: Row, length: number): Position {
  return Array.from({ length }, (_, index) => {
    const value = row[`position_${index}`];
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'number' ? value : String(value);
  });
}
