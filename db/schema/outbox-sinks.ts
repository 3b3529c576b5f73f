/**
 * How far the outbox has come (registration.md 6.4): the numbers the relay has given out, and where each sink stands.
 * Only the process that holds the relay's lock writes here.
 */
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './column-types.ts';

/**
 * One row. A counter and not a sequence: a sequence leaves gaps where a transaction fails, and readers rely on
 * `pub_seq` having none.
 */
export const outboxState = pgTable(
  'outbox_state',
  {
    singleton: boolean('singleton').primaryKey().default(true),
    /** The number given last; kept here because the row that carries it is purged one day. */
    lastPubSeq: bigint('last_pub_seq', { mode: 'bigint' }).notNull().default(sql`0`),
    /** Every event up to this number is gone: an older cursor is too old. */
    purgedThrough: bigint('purged_through', { mode: 'bigint' }).notNull().default(sql`0`),
  },
  () => [
    check('outbox_state_singleton', sql`singleton`),
    check('outbox_state_order', sql`purged_through >= 0 and purged_through <= last_pub_seq`),
  ],
);

/** One row per sink that ever ran; a sink that is configured again goes on where it stood. */
export const outboxSinks = pgTable('outbox_sinks', {
  name: text('name').primaryKey(),
  /** Every event up to this number has been delivered, or given up. */
  pubSeq: bigint('pub_seq', { mode: 'bigint' }).notNull(),
  /** Incidents this sink has sent its one notice of, newest last, a few. */
  incidents: uuid('incidents').array().notNull().default(sql`'{}'::uuid[]`),
  /** Attempts that failed since the last delivery. */
  failures: integer('failures').notNull().default(0),
  lastError: text('last_error'),
  lastErrorAt: instant('last_error_at'),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
