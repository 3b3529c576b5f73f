/**
 * Links of the audit chain of a run (runs.md 7): the hash of an entry covers the hash before it and every column of its
 * own, so that no row can be changed, removed or put in unseen.
 */
import type { AuditDraft } from '../../../contracts/run/projection.ts';
import type { AuditAnchorRow, AuditRow } from '../../../contracts/run/record-rows.ts';
import { jsonHash, linkHash } from '../hash.ts';
import { hashedTime } from '../time.ts';

/** What the first entry of a chain follows: 32 zero bytes. */
export const firstPreviousHash = '0'.repeat(64);

/** Head of a chain as the counter row holds it. */
export interface ChainHead {
  readonly length: number;
  readonly head: string;
}

/** The next entry of a chain, complete. `createdAt` is the clock of the database, RFC 3339. */
export function auditEntry(runId: string, draft: AuditDraft, { length, head }: ChainHead, createdAt: string): AuditRow {
  const entry: Omit<AuditRow, 'entry_hash'> = {
    run_id: runId,
    chain_seq: length + 1,
    command_id: draft.command_id,
    action: draft.action,
    verdict: draft.verdict,
    error_code: draft.error_code,
    actor_type: draft.actor.type,
    actor_id: draft.actor.id,
    principal: draft.origin?.principal ?? null,
    source_ip: draft.origin?.source_ip ?? null,
    user_agent: draft.origin?.user_agent ?? null,
    mtls_fingerprint: draft.origin?.mtls_fingerprint ?? null,
    payload_hash: draft.payload_hash,
    prev_hash: head,
    created_at: hashedTime(createdAt),
  };
  return { ...entry, entry_hash: entryHash(entry) };
}

/** SHA-256 of the previous hash followed by the canonical JSON of all columns but `entry_hash`. */
export function entryHash(entry: Omit<AuditRow, 'entry_hash'> & { readonly entry_hash?: string }): string {
  const { entry_hash: _hash, ...columns } = entry;
  return linkHash(entry.prev_hash, columns);
}

/** SHA-256 of the canonical payload. */
export function payloadHash(payload: unknown): string {
  return jsonHash(payload);
}

/** One line of an export: where a chain stood. */
export interface AnchoredHead {
  readonly run_id: string;
  readonly chain_seq: number;
  readonly entry_hash: string;
}

/** SHA-256 of the canonical list of heads, ordered by run id as their bytes sort. */
export function headsHash(heads: readonly AnchoredHead[]): string {
  const ordered = heads.toSorted((a, b) => (a.run_id < b.run_id ? -1 : a.run_id > b.run_id ? 1 : 0));
  return jsonHash(ordered.map(({ run_id, chain_seq, entry_hash }) => [run_id, chain_seq, entry_hash]));
}

/** Hash of an anchor, chained to the one before. */
export function anchorHash(anchor: Omit<AuditAnchorRow, 'anchor_hash'> & { readonly anchor_hash?: string }): string {
  const { anchor_hash: _hash, ...columns } = anchor;
  return linkHash(anchor.prev_anchor_hash, columns);
}
