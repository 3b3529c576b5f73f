import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../db/client.ts';
import { type AuditEntry, appendAudit } from '../../../db/stores/audit/append.ts';
import { verifyAuditChain } from '../../../db/stores/audit/verify-chain.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { rowsOf } from '../registry/support/registry.ts';

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'audit tests' });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

function entry(subject: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    subject,
    principal: 'someone',
    action: 'registry.update',
    resource: 'validator/team.x',
    outcome: 'failed',
    correlation_id: 'c-1',
    ...more,
  };
}

/** Changes rows behind the triggers' back, as only a superuser can. */
async function tamper(text: string, values: unknown[]): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(text, values);
    await client.query('SET session_replication_role = DEFAULT');
  } finally {
    client.release();
  }
}

describe('audit_log', () => {
  it.each([
    ['UPDATE', `UPDATE audit_log SET principal = 'somebody else'`],
    ['DELETE', 'DELETE FROM audit_log'],
    ['TRUNCATE', 'TRUNCATE audit_log'],
  ])('refuses %s', async (word, text) => {
    await appendAudit(database, entry('component/refused'));
    await expect(database.pool.query(text)).rejects.toThrow(`append-only: ${word} refused`);
  });

  it('chains the rows of each subject by themselves', async () => {
    for (const subject of ['a', 'b', 'a', 'a']) await appendAudit(database, entry(`chain/${subject}`));
    const rows = await rowsOf<{ subject: string; seq: number; prev_hash: string; hash: string }>(
      database,
      `SELECT subject, seq, prev_hash, hash FROM audit_log WHERE subject LIKE 'chain/%' ORDER BY subject, seq`,
    );
    expect(rows.map(({ subject, seq }) => `${subject} ${seq}`)).toEqual([
      'chain/a 1',
      'chain/a 2',
      'chain/a 3',
      'chain/b 1',
    ]);
    expect(rows[0]?.prev_hash).toBe('0'.repeat(64));
    expect(rows[1]?.prev_hash).toBe(rows[0]?.hash);
    expect(rows[2]?.prev_hash).toBe(rows[1]?.hash);
    expect(rows[3]?.prev_hash).toBe('0'.repeat(64));
  });

  it('ignores what a writer claims about position and hash', async () => {
    await database.pool.query(
      `INSERT INTO audit_log (subject, seq, principal, action, resource, outcome, correlation_id, prev_hash, hash)
       VALUES ('forged', 7, 'p', 'a', 'r', 'allowed', 'c', repeat('f', 64), repeat('f', 64))`,
    );
    expect(await verifyAuditChain(database, 'forged')).toMatchObject({ rows: 1, broken: null });
  });

  it('stays a chain when many write at once', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => appendAudit(database, entry('busy', { details: { index } }))),
    );
    expect(await verifyAuditChain(database, 'busy')).toEqual({ rows: 40, subjects: 1, broken: null });
  });

  it('verifies page by page, whatever the rows hold', async () => {
    const odd = { code: 'RG002', source: 'api', paths: ['a.b', 'ü "quoted"'], details: { 'x\ny': [1, { é: null }] } };
    for (let count = 0; count < 5; count++) await appendAudit(database, entry('paged', odd));
    expect(await verifyAuditChain(database, 'paged', 2)).toEqual({ rows: 5, subjects: 1, broken: null });
    expect(await verifyAuditChain(database)).toMatchObject({ broken: null });
  });
});

describe('verifyAuditChain', () => {
  it.each([
    ['a changed row', `UPDATE audit_log SET outcome = 'allowed' WHERE subject = $1 AND seq = 2`, 2, 'row_changed'],
    ['a removed row', 'DELETE FROM audit_log WHERE subject = $1 AND seq = 2', 2, 'row_missing'],
    [
      'a row whose hash was made to fit',
      `UPDATE audit_log a SET outcome = 'allowed', hash = encode(sha256(convert_to(audit_log_text(
         jsonb_populate_record(a, '{"outcome": "allowed"}')), 'UTF8')), 'hex') WHERE subject = $1 AND seq = 2`,
      3,
      'predecessor_changed',
    ],
  ])('names the first broken link of %s', async (what, text, seq, reason) => {
    const subject = `tampered/${what}`;
    for (let count = 0; count < 3; count++) await appendAudit(database, entry(subject));
    await tamper(text, [subject]);
    expect((await verifyAuditChain(database, subject)).broken).toEqual({ subject, seq, reason });
  });
});
