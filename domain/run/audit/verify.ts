/** Verification of chains (runs.md 7), row by row, so that a chain of any length is read as a stream. */
import type { ChainReport } from '../../../contracts/run/answers.ts';
import type { AuditAnchorRow, AuditRow } from '../../../contracts/run/record-rows.ts';
import type { ChainBreak } from '../../../contracts/run/vocabulary.ts';
import { anchorHash, type ChainHead, entryHash, firstPreviousHash } from './entry.ts';

/** Rows before the first broken one are valid; what follows it proves nothing and is only counted. */
export class ChainVerifier {
  #length = 0;
  #head = firstPreviousHash;
  #broken: { readonly first_broken: number; readonly reason: ChainBreak } | null = null;

  /** Rows in the order of `chain_seq`. */
  add(row: AuditRow): void {
    const expected = this.#length + 1;
    this.#length++;
    if (this.#broken !== null) return;
    if (row.chain_seq !== expected) this.#break(expected, 'gap');
    else if (row.prev_hash !== this.#head) this.#break(expected, 'prev_mismatch');
    else if (entryHash(row) !== row.entry_hash) this.#break(expected, 'hash_mismatch');
    else this.#head = row.entry_hash;
  }

  /** @param stored head and length of the counter row; they find a tail that was cut or added */
  finish(stored: ChainHead): ChainReport {
    if (this.#broken === null && this.#length !== stored.length) {
      this.#break(Math.min(this.#length, stored.length) + 1, 'head_mismatch');
    } else if (this.#broken === null && this.#head !== stored.head) {
      this.#break(Math.max(1, this.#length), 'head_mismatch');
    }
    return {
      ok: this.#broken === null,
      length: this.#length,
      first_broken: this.#broken?.first_broken ?? null,
      reason: this.#broken?.reason ?? null,
    };
  }

  #break(first_broken: number, reason: ChainBreak): void {
    this.#broken = { first_broken, reason };
  }
}

export function verifyChain(rows: Iterable<AuditRow>, stored: ChainHead): ChainReport {
  const verifier = new ChainVerifier();
  for (const row of rows) verifier.add(row);
  return verifier.finish(stored);
}

/** Position of the first anchor that is broken; null when all are sound. In the order they were taken. */
export function firstBrokenAnchor(anchors: readonly AuditAnchorRow[]): number | null {
  let previous = firstPreviousHash;
  for (const [index, anchor] of anchors.entries()) {
    if (anchor.prev_anchor_hash !== previous || anchorHash(anchor) !== anchor.anchor_hash) return index;
    previous = anchor.anchor_hash;
  }
  return null;
}
