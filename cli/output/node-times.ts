/** Instants of nodes as distances from now: `in 29.5 s`, `12.0 s ago`. */
import type { NodeRow } from '../../contracts/node/row.ts';
import { shownDuration } from './duration.ts';

/** How long ago; `-` for never. A database clock ahead of ours counts as now. */
export function shownAge(instant: string | null, now: number): string {
  return instant === null ? '-' : shownDuration(Math.max(0, now - Date.parse(instant)));
}

/** `in 29.5 s` before the instant, `12.0 s ago` after it. */
export function shownDistance(instant: string, now: number): string {
  const ms = Date.parse(instant) - now;
  return ms >= 0 ? `in ${shownDuration(ms)}` : `${shownDuration(-ms)} ago`;
}

type Deadlines = Pick<NodeRow, 'current_state' | 'ack_deadline' | 'liveness_deadline' | 'next_retry_at'>;

/** The instant at which the state the node is in ends by itself; null where time changes nothing. */
export function deadlineOf(row: Deadlines): string | null {
  switch (row.current_state) {
    case 'accepted':
    case 'awaiting_ack':
      return row.ack_deadline;
    case 'active':
      return row.liveness_deadline;
    case 'ack_timed_out':
      return row.next_retry_at;
    default:
      return null;
  }
}
