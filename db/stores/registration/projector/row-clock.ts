/** Where a row stands on the database's clock, for the answers of the projector (registration.md 7 "Types"). */
import type { RowClock } from '../../../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';
import type { NodeSettings } from '../../../../contracts/node/settings.ts';
import type { PathLiveness } from '../../../../domain/deadlines/path.ts';
import { rowDeadlines } from '../../../../domain/registration/row-deadlines.ts';
import type { PathTable } from './locked-row.ts';

export function rowClock(
  row: NodeRow | null,
  hot: NodeLivenessRow | null,
  { now, paths }: { readonly now: number; readonly paths: PathTable },
  settings: NodeSettings,
): RowClock {
  const effective = row === null ? null : rowDeadlines(row, hot, pathOf(row, hot, paths), settings);
  const remaining = (deadline: number | null): number | null =>
    deadline === null ? null : Math.max(0, deadline - now);
  const retryAt = row?.next_retry_at ?? null;
  return {
    now: new Date(now).toISOString(),
    ack_deadline: row?.ack_deadline ?? null,
    liveness_deadline: row?.liveness_deadline ?? null,
    next_retry_at: retryAt,
    state_entered_at: row?.state_entered_at ?? null,
    ack_remaining_ms: remaining(effective?.ack ?? null),
    liveness_remaining_ms: remaining(effective?.liveness ?? null),
    retry_remaining_ms: remaining(retryAt === null ? null : Date.parse(retryAt)),
    interval_ms: hot?.interval_ms ?? settings.registration.heartbeat_interval_ms,
    mode: settings.deadlines.mode,
  };
}

/** The path a node beats by: as of its newest beat, else of its last message. */
export function pathOf(row: NodeRow, hot: NodeLivenessRow | null, paths: PathTable): PathLiveness | null {
  return paths[hot !== null && hot.epoch === row.epoch ? hot.path : row.path];
}
