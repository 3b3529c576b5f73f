/** The audit chain (runs.md 7): what its hashes cover, and that no tampering passes unseen. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditRow } from '../../../../contracts/run/record-rows.ts';
import { auditActions } from '../../../../contracts/run/vocabulary.ts';
import {
  anchorHash,
  auditEntry,
  type ChainHead,
  entryHash,
  firstPreviousHash,
  headsHash,
  payloadHash,
} from '../../../../domain/run/audit/entry.ts';
import { firstBrokenAnchor, verifyChain } from '../../../../domain/run/audit/verify.ts';
import { commandBodyHash, createBodyHash } from '../../../../domain/run/hash.ts';
import { hashedTime } from '../../../../domain/run/time.ts';
import { canonicalJson } from '../../../../domain/json/canonical.ts';

const zero: ChainHead = { length: 0, head: firstPreviousHash };

function chain(length: number): AuditRow[] {
  const rows: AuditRow[] = [];
  for (let index = 0; index < length; index++) {
    const draft = {
      command_id: `c-${String(index)}`,
      action: auditActions[index % auditActions.length] ?? 'report',
      verdict: 'accepted' as const,
      error_code: null,
      actor: { type: 'operator' as const, id: 'ana' },
      origin: null,
      payload_hash: payloadHash({ index }),
    };
    rows.push(auditEntry('r-1', draft, headOf(rows), '2026-03-02T08:00:00.123456Z'));
  }
  return rows;
}

function headOf(rows: readonly AuditRow[]): ChainHead {
  const last = rows.at(-1);
  return last === undefined ? zero : { length: rows.length, head: last.entry_hash };
}

describe('an entry', () => {
  it('hashes the previous hash and the canonical JSON of every other column', () => {
    const [row] = chain(1);
    const { entry_hash, ...columns } = row ?? ({} as AuditRow);
    const expected = createHash('sha256').update(Buffer.alloc(32)).update(canonicalJson(columns)).digest('hex');
    expect(entry_hash).toBe(expected);
    expect(columns).toMatchObject({ chain_seq: 1, prev_hash: firstPreviousHash, principal: null, source_ip: null });
  });

  it.each([
    ['2026-03-02T08:00:00Z', '2026-03-02T08:00:00.000000Z'],
    ['2026-03-02T08:00:00.5Z', '2026-03-02T08:00:00.500000Z'],
    ['2026-03-02T08:00:00.123456Z', '2026-03-02T08:00:00.123456Z'],
    ['2026-03-02T09:00:00.123456+01:00', '2026-03-02T08:00:00.123456Z'],
  ])('writes %s as %s', (text, expected) => {
    expect(hashedTime(text)).toBe(expected);
  });
});

describe('a chain', () => {
  it.each([0, 1, 7])('of %i rows is sound', (length) => {
    const rows = chain(length);
    expect(verifyChain(rows, headOf(rows))).toEqual({ ok: true, length, first_broken: null, reason: null });
  });

  it.each<[string, (rows: AuditRow[]) => AuditRow[], number, string]>([
    ['a changed column', (rows) => changed(rows, 2, { actor_id: 'eve' }), 3, 'hash_mismatch'],
    ['a changed hash', (rows) => changed(rows, 2, { entry_hash: 'f'.repeat(64) }), 3, 'hash_mismatch'],
    ['a changed previous hash', (rows) => changed(rows, 2, { prev_hash: 'f'.repeat(64) }), 3, 'prev_mismatch'],
    ['a row hashed anew', (rows) => rehashed(rows, 2, { actor_id: 'eve' }), 4, 'prev_mismatch'],
    ['the last row hashed anew', (rows) => rehashed(rows, 4, { actor_id: 'eve' }), 5, 'head_mismatch'],
    ['a missing row', (rows) => rows.filter((_, index) => index !== 2), 3, 'gap'],
    ['a missing first row', (rows) => rows.slice(1), 1, 'gap'],
    ['two rows exchanged', (rows) => [rows[1], rows[0], ...rows.slice(2)].filter((row) => row !== undefined), 1, 'gap'],
    ['a tail that was cut', (rows) => rows.slice(0, 3), 4, 'head_mismatch'],
    ['everything cut', () => [], 1, 'head_mismatch'],
    ['a row too many', (rows) => [...rows, ...chain(6).slice(5)], 6, 'head_mismatch'],
  ])('with %s is broken at the right row', (_name, tamper, first_broken, reason) => {
    const rows = chain(5);
    expect(verifyChain(tamper(rows), headOf(rows))).toMatchObject({ ok: false, first_broken, reason });
  });

  it('betrays any change of any column of any row', () => {
    const rows = chain(6);
    const head = headOf(rows);
    const columns = Object.keys(rows[0] ?? {}) as (keyof AuditRow)[];
    fc.assert(
      fc.property(fc.nat(5), fc.constantFrom(...columns), fc.string(), (index, column, value) => {
        const report = verifyChain(changed(rows, index, { [column]: value }), head);
        expect(report.ok).toBe(false);
        expect(report.first_broken).toBe(index + 1);
      }),
    );
  });

  it('betrays a whole chain that was replaced, by its head', () => {
    const rows = chain(3);
    const forged = chain(3).map((row) => ({ ...row, actor_id: 'eve' }));
    let previous = firstPreviousHash;
    const relinked = forged.map((row) => {
      const linked = { ...row, prev_hash: previous };
      previous = entryHash(linked);
      return { ...linked, entry_hash: previous };
    });
    expect(verifyChain(relinked, headOf(relinked)).ok).toBe(true);
    expect(verifyChain(relinked, headOf(rows))).toMatchObject({ ok: false, reason: 'head_mismatch' });
  });
});

describe('anchors', () => {
  const anchors = () => {
    let previous = firstPreviousHash;
    return [1, 2, 3].map((run_count) => {
      const anchor = {
        id: `a-${String(run_count)}`,
        taken_at: '2026-03-02T08:00:00.000000Z',
        run_count,
        heads_hash: headsHash([]),
        prev_anchor_hash: previous,
        export_uri: 'file:///x',
      };
      previous = anchorHash(anchor);
      return { ...anchor, anchor_hash: previous };
    });
  };

  it('chain and are verified', () => {
    const sound = anchors();
    expect(firstBrokenAnchor(sound)).toBeNull();
    expect(firstBrokenAnchor(sound.map((anchor, index) => (index === 1 ? { ...anchor, run_count: 9 } : anchor)))).toBe(
      1,
    );
    expect(firstBrokenAnchor(sound.slice(1))).toBe(0);
  });

  it('hash their heads in one order', () => {
    const heads = [
      { run_id: 'b', chain_seq: 1, entry_hash: 'x' },
      { run_id: 'a', chain_seq: 2, entry_hash: 'y' },
    ];
    expect(headsHash(heads)).toBe(headsHash(heads.toReversed()));
    expect(headsHash(heads)).not.toBe(headsHash(heads.slice(1)));
  });
});

describe('body hashes', () => {
  const actor = { type: 'operator', id: 'ana' } as const;

  it('are equal for equal content in any order of keys, and differ for any other', () => {
    const a = { type: 'tune', payload: { learning_rate: 0.1, notes: 'x' }, actor } as const;
    const b = {
      actor: { id: 'ana', type: 'operator' },
      payload: { notes: 'x', learning_rate: 0.1 },
      type: 'tune',
    } as const;
    expect(commandBodyHash(a)).toBe(commandBodyHash(b));
    const others = [
      { ...a, payload: { learning_rate: 0.2, notes: 'x' } },
      { ...a, actor: { type: 'system', id: 'ana' } as const },
      { type: 'pause', payload: {}, actor } as const,
    ].map((other) => commandBodyHash(other as typeof a));
    expect(new Set([commandBodyHash(a), ...others]).size).toBe(4);
  });

  it('of a creation leave the id out', () => {
    const request = {
      experiment_id: 'e',
      version_id: 'v',
      launch_manifest: { image: 'x' },
      overrides: {},
      priority: 0,
      policy: {},
    };
    expect(createBodyHash({ ...request, id: 'a' })).toBe(createBodyHash(request));
    expect(createBodyHash({ ...request, priority: 1 })).not.toBe(createBodyHash(request));
  });
});

function changed(rows: readonly AuditRow[], index: number, columns: object): AuditRow[] {
  return rows.map((row, position) => (position === index ? { ...row, ...columns } : row));
}

function rehashed(rows: readonly AuditRow[], index: number, columns: object): AuditRow[] {
  return changed(rows, index, columns).map((row, position) =>
    position === index ? { ...row, entry_hash: entryHash(row) } : row,
  );
}
