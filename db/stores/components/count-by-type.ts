/** Counts components for the gauge `total_components` (registry.md 12): one grouped query, run on a timer. */
import type { ComponentType, Lifecycle } from '../../../contracts/component.ts';
import type { Database } from '../../client.ts';

export interface ComponentCount {
  readonly type: ComponentType;
  readonly lifecycle: Lifecycle;
  readonly count: number;
}

export async function countByType(database: Database): Promise<ComponentCount[]> {
  const { rows } = await database.pool.query<ComponentCount>(
    'SELECT type, lifecycle, count(*)::integer AS count FROM components GROUP BY type, lifecycle ORDER BY type, lifecycle',
  );
  return rows;
}
