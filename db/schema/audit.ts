/**
 * The audit log of the whole product (platform.md 6): append-only and hash-chained per subject. The trigger
 * `audit_log_chain` numbers a row within its subject and hashes it with its predecessor; the triggers
 * `audit_log_refuse_*` refuse UPDATE, DELETE and TRUNCATE. All are in the migration `guards`.
 */
import { sql } from 'drizzle-orm';
import { bigint, char, check, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { byteText, instant } from './column-types.ts';

export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** What the chain is about: `component/<uuid>`, `principal/<id>`, `token/<name>`, `run/<id>`. */
    subject: byteText('subject').notNull(),
    /** Position in the subject's chain, from 1 without gaps. */
    seq: integer('seq').notNull().default(0),
    at: instant('at').notNull().defaultNow(),
    principal: text('principal').notNull(),
    action: text('action').notNull(),
    resource: text('resource').notNull(),
    outcome: byteText('outcome').notNull(),
    code: byteText('code'),
    source: text('source'),
    /** Paths of a document that changed; never their values. */
    paths: text('paths').array().notNull().default(sql`'{}'`),
    correlationId: text('correlation_id').notNull(),
    details: jsonb('details').notNull().default(sql`'{}'`),
    /** Hash of the predecessor; 64 zeros for the first row of a subject. */
    prevHash: char('prev_hash', { length: 64 }).notNull().default(''),
    hash: char('hash', { length: 64 }).notNull().default(''),
  },
  (t) => [
    // The end of a chain; verification in order.
    unique('audit_log_position').on(t.subject, t.seq),
    // `registry log --audit --since --principal`.
    index('audit_log_at').on(t.at),
    index('audit_log_principal').on(t.principal, t.at),
    check('audit_log_outcome_known', sql`${t.outcome} in ('allowed', 'denied', 'failed')`),
  ],
);
