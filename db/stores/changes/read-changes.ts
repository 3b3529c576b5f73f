/**
 * Reads the change log after a cursor (registry.md 4). Rows of transactions above the oldest one still running may be
 * joined by others before them, so they are not final: a cursor never passes them, and only who asks for
 * `provisional` rows (the memory cache, which drops too much rather than too little) gets to see them.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { Database } from '../../client.ts';
import { type ChangeCursor, encodeCursor } from './cursor.ts';

export type ChangeOp = 'registered' | 'updated' | 'transitioned' | 'removed' | 'trust_changed';

export interface Change {
  readonly op: ChangeOp;
  readonly uuid: string;
  readonly revision: number;
}

export interface ChangeBatch {
  readonly changes: readonly Change[];
  /** Where to read on; nothing final is left before it. */
  readonly next: ChangeCursor;
  /** False when the batch was cut at `limit`. */
  readonly complete: boolean;
}

interface ChangeRow extends Change {
  readonly txid: string | null;
  readonly seq: string;
  readonly epoch: number;
  readonly xmin: string;
  readonly xmax: string;
}

/** The horizon comes with every row, and alone when there is none, so that one query answers everything. */
const statement = `
  SELECT m.epoch, pg_snapshot_xmin(s.now)::text AS xmin, pg_snapshot_xmax(s.now)::text AS xmax,
         c.txid, c.seq, c.op, c.uuid, c.revision
    FROM registry_meta m
   CROSS JOIN (SELECT pg_current_snapshot() AS now) s
    LEFT JOIN LATERAL (
      SELECT * FROM registry_changes r
       WHERE r.epoch = $1 AND (r.txid, r.seq) > ($2::bigint, $3::bigint)
         AND ($5 OR r.txid < pg_snapshot_xmin(s.now)::text::bigint)
       ORDER BY r.txid, r.seq LIMIT $4
    ) c ON true
   ORDER BY c.txid, c.seq`;

/** @throws RG017 when the cursor is of another epoch or ahead of the server: read everything again */
export async function readChanges(
  database: Database,
  after: ChangeCursor,
  { limit, provisional = false }: { readonly limit: number; readonly provisional?: boolean },
): Promise<ChangeBatch> {
  const { rows } = await database.pool.query<ChangeRow>({
    name: 'registry_changes_after',
    text: statement,
    values: [after.epoch, after.txid, after.seq, limit, provisional],
  });
  const head = rows[0];
  if (head === undefined || head.epoch !== after.epoch || after.txid > Number(head.xmax)) {
    throw new OmniBaseError('RG017', { details: { cursor: encodeCursor(after), resync: true } });
  }
  const found = rows.filter((row) => row.txid !== null);
  const complete = found.length < limit;
  const horizon = Number(head.xmin);
  const last = found.filter((row) => Number(row.txid) < horizon).at(-1);
  // Read to the end: whatever comes later has a transaction number from the horizon on.
  const end = complete ? { txid: horizon, seq: 0 } : undefined;
  const reached = end ?? (last === undefined ? after : { txid: Number(last.txid), seq: Number(last.seq) });
  return {
    changes: found.map(({ op, uuid, revision }) => ({ op, uuid, revision })),
    next: { epoch: after.epoch, ...later(after, reached) },
    complete,
  };
}

/** A cursor never goes back: the horizon may lie before one that was given at a quieter moment. */
function later(a: Omit<ChangeCursor, 'epoch'>, b: Omit<ChangeCursor, 'epoch'>): Omit<ChangeCursor, 'epoch'> {
  const { txid, seq } = a.txid > b.txid || (a.txid === b.txid && a.seq > b.seq) ? a : b;
  return { txid, seq };
}
