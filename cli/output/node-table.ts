/** Nodes as rows of a table, and how many are in which state. */
import type { StateCounts } from '../../contracts/node/query.ts';
import type { NodeRow } from '../../contracts/node/row.ts';
import { registrationStates } from '../../contracts/node/vocabulary.ts';
import { deadlineOf, shownAge, shownDistance } from './node-times.ts';
import { renderTable } from './table.ts';

/** @param now ms, for ages and distances */
export function renderNodes(rows: readonly NodeRow[], now: number, width: number): string {
  const domains = new Set(rows.map(({ domain }) => domain));
  return renderTable(
    rows,
    [
      { title: 'name', max: 32, value: ({ node_name }) => node_name ?? '-' },
      { title: 'state', value: ({ current_state }) => current_state },
      { title: 'epoch', align: 'right', value: ({ epoch }) => String(epoch) },
      { title: 'last beat', align: 'right', value: ({ last_heartbeat_at }) => shownAge(last_heartbeat_at, now) },
      { title: 'deadline', value: (row) => shownDeadline(row, now) },
      { title: 'type', value: ({ node_type }) => node_type },
      { title: 'version', max: 16, value: ({ node_version }) => node_version },
      ...(domains.size > 1 ? [{ title: 'domain', max: 24, value: ({ domain }: NodeRow) => domain }] : []),
      { title: 'id', value: ({ entity_id }) => entity_id },
    ],
    width,
  );
}

function shownDeadline(row: NodeRow, now: number): string {
  const deadline = deadlineOf(row);
  return deadline === null ? '-' : shownDistance(deadline, now);
}

/** All eight states, zeros too, and the sum. */
export function renderCounts(counts: StateCounts): string {
  const rows = [...registrationStates, 'total' as const].map((state) => ({ state, count: counts[state] }));
  return renderTable(
    rows,
    [
      { title: 'state', value: ({ state }) => state },
      { title: 'nodes', align: 'right', value: ({ count }) => String(count) },
    ],
    Number.POSITIVE_INFINITY,
  );
}
