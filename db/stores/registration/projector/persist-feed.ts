/**
 * Rows of feeds (registration.md 7 "External feeds"): nodes that are managed elsewhere. A row belongs to one feed from
 * its first write on; what a feed says is stored as it says it, in its own order, and announced to nobody.
 */
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { FeedWrite, OrderingVerdict, PersistResult } from '../../../../contracts/node/projection.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import { emptyRow } from '../../../../domain/registration/empty-row.ts';
import { compareOrderings } from '../../../../domain/registration/ordering.ts';
import { canTransition } from '../../../../domain/registration/states.ts';
import { inTransaction } from '../../../transaction.ts';
import { checkFeedWrite } from './check-write.ts';
import { type LockedRow, lockRow } from './locked-row.ts';
import { storedOrdering } from './ordering-sql.ts';
import type { PersistDeps } from './persist.ts';
import { retried } from './retried.ts';
import { rowClock } from './row-clock.ts';
import { writeStatement } from './write-statements.ts';

/** @throws ND001, ND005 when the row belongs to another, ND006 when it comes from another partition */
export async function persistFeed(deps: PersistDeps, write: FeedWrite): Promise<PersistResult> {
  checkFeedWrite(write);
  return retried(() =>
    inTransaction(deps.database.pool, async (transaction) => {
      const { entity_id, domain, event_id } = write;
      const locked = await lockRow(transaction, {
        entity_id,
        domain,
        event_ids: [event_id],
        cause_ids: [],
        epoch: null,
        version: null,
      });
      const { row: stored } = locked;
      const verdict = stored === null ? 'newer' : comparedWithRow(stored, write.ordering);
      if (stored !== null && (locked.history.length > 0 || verdict !== 'newer')) {
        const known = locked.history.length > 0;
        const outcome = known || verdict === 'duplicate' ? 'duplicate' : 'stale';
        deps.observer.write?.(outcome);
        return resultOf(outcome, known, stored, locked, deps);
      }
      const after = rowOf(write, stored, locked.now);
      await transaction.commit([
        writeStatement({
          exists: stored !== null,
          row: after,
          ordering: write.ordering,
          facts: true,
          hot: null,
          transitions: [importOf(write, stored, after)],
          events: [],
        }),
      ]);
      observe(deps, stored, after);
      return resultOf('applied', false, after, locked, deps);
    }),
  );
}

/** @throws ND005, ND006 where there is no order between the two */
function comparedWithRow(row: NodeRow, ordering: FeedWrite['ordering']): OrderingVerdict {
  const verdict = compareOrderings(storedOrdering(row), ordering);
  if (typeof verdict === 'string') return verdict;
  if (verdict.incompatible === 'partition') throw new OmniBaseError('ND006');
  throw new OmniBaseError('ND005', { details: { stored: row.ordering_mode, given: 'another mode' } });
}

function rowOf(write: FeedWrite, stored: NodeRow | null, now: number): NodeRow {
  const at = new Date(now).toISOString();
  const { facts, ordering, current_state } = write;
  const known = { ...facts, path: 'gateway', reported_status: null } as const;
  const before = stored ?? emptyRow(write, known, now);
  const entered = stored?.current_state !== current_state;
  const liveness_deadline = later(before.liveness_deadline, write.liveness_deadline);
  return {
    ...before,
    ...facts,
    current_state,
    state_entered_at: entered ? at : before.state_entered_at,
    ack_deadline: write.ack_deadline,
    liveness_deadline,
    last_heartbeat_at: later(before.last_heartbeat_at, write.last_heartbeat_at),
    // A marker speaks of one deadline in one state; another one has not been announced yet.
    ack_timeout_emitted_at:
      entered || !sameTime(before.ack_deadline, write.ack_deadline) ? null : before.ack_timeout_emitted_at,
    liveness_timeout_emitted_at:
      entered || !sameTime(before.liveness_deadline, liveness_deadline) ? null : before.liveness_timeout_emitted_at,
    ordering_mode: write.ordering_mode,
    last_applied_event_id: write.event_id,
    last_applied_sequence: ordering.sequence ?? null,
    // A lone offset or partition means nothing in mode `sequence` and is not stored.
    last_applied_offset: write.ordering_mode === 'offset' ? (ordering.offset ?? 0) : 0,
    last_applied_partition: write.ordering_mode === 'offset' ? (ordering.partition ?? null) : null,
    correlation_id: write.correlation_id,
    data_provenance: write.data_provenance,
    updated_at: at,
  };
}

function importOf(write: FeedWrite, stored: NodeRow | null, after: NodeRow) {
  return {
    entity_id: write.entity_id,
    domain: write.domain,
    epoch: null,
    version: null,
    kind: 'import',
    from_state: stored?.current_state ?? null,
    to_state: write.current_state,
    event_id: write.event_id,
    cause_id: write.cause_id,
    correlation_id: write.correlation_id,
    attempt_id: null,
    actor: write.actor,
    reason_code: null,
    deadline_at: null,
    occurred_at: after.updated_at,
  } as const;
}

/** Coarse copies only move forward. */
function later(stored: string | null, given: string | null): string | null {
  if (stored === null || given === null) return given ?? stored;
  return Date.parse(given) > Date.parse(stored) ? given : stored;
}

function sameTime(one: string | null, other: string | null): boolean {
  return one === null || other === null ? one === other : Date.parse(one) === Date.parse(other);
}

function observe({ observer }: PersistDeps, stored: NodeRow | null, after: NodeRow): void {
  const from = stored?.current_state ?? null;
  const to = after.current_state;
  observer.write?.('applied');
  observer.transition?.({ from, to, kind: 'import', legal: from !== null && (from === to || canTransition(from, to)) });
}

function resultOf(
  outcome: PersistResult['outcome'],
  known: boolean,
  row: NodeRow,
  locked: LockedRow,
  deps: PersistDeps,
): PersistResult {
  return {
    outcome,
    known,
    epoch: row.epoch,
    version: row.version,
    state: row.current_state,
    facts_missing: false,
    ...rowClock(row, null, locked, deps.settings()),
  };
}
