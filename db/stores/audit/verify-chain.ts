/**
 * Checks the chains of the audit log (platform.md 6): every row must hash to what it says, follow its predecessor and
 * leave no gap. The hash is computed here, not by the database's own function, so a changed function does not hide a
 * changed row. A chain cut off at its end cannot be told from a shorter one.
 */
import { createHash } from 'node:crypto';
import type { Database } from '../../client.ts';

export interface ChainReport {
  readonly rows: number;
  readonly subjects: number;
  /** The first broken link in order of subject and position; null when all is well. */
  readonly broken: BrokenLink | null;
}

export interface BrokenLink {
  readonly subject: string;
  readonly seq: number;
  readonly reason: 'row_changed' | 'predecessor_changed' | 'row_missing';
}

interface AuditRow {
  readonly subject: string;
  readonly seq: number;
  readonly prev_hash: string;
  readonly hash: string;
  /** What the hash is taken of; the trigger `audit_log_chain` builds the same. */
  readonly text: string;
}

const statement = `
  SELECT subject, seq, prev_hash, hash,
         jsonb_build_array(prev_hash, subject, seq, (extract(epoch FROM at) * 1000000)::bigint, principal, action,
                           resource, outcome, code, source, paths, correlation_id, details)::text AS text
    FROM audit_log
   WHERE ($1::text IS NULL OR subject = $1) AND (subject, seq) > ($2, $3)
   ORDER BY subject, seq LIMIT $4`;

const firstHash = '0'.repeat(64);

/** @param subject only this chain; all when left out. @param pageSize rows per query, 1-10,000 */
export async function verifyAuditChain(database: Database, subject?: string, pageSize = 5_000): Promise<ChainReport> {
  let previous = { subject: '', seq: 0, hash: firstHash };
  let rows = 0;
  let subjects = 0;
  for (;;) {
    const values = [subject ?? null, previous.subject, previous.seq, pageSize];
    const page = await database.pool.query<AuditRow>({ text: statement, values });
    for (const row of page.rows) {
      if (row.subject !== previous.subject) {
        previous = { subject: row.subject, seq: 0, hash: firstHash };
        subjects++;
      }
      const reason = brokenReason(row, previous);
      if (reason !== null) return { rows, subjects, broken: { subject: row.subject, seq: previous.seq + 1, reason } };
      previous = row;
      rows++;
    }
    if (page.rows.length < pageSize) return { rows, subjects, broken: null };
  }
}

function brokenReason(row: AuditRow, previous: { seq: number; hash: string }): BrokenLink['reason'] | null {
  if (row.seq !== previous.seq + 1) return 'row_missing';
  if (row.prev_hash !== previous.hash) return 'predecessor_changed';
  return createHash('sha256').update(row.text).digest('hex') === row.hash ? null : 'row_changed';
}
