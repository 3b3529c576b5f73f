/**
 * The outbox (architecture.md "Shared shapes"): events and signals to be published, written in the transaction of the
 * change they tell about. One relay serves every subject.
 */
import { sql } from 'drizzle-orm';
import { bigint, bigserial, check, index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true });

/**
 * A UUIDv7 made by the database: 48 bits of milliseconds over a random UUID, version bits 0100 turned into 0111.
 * `uuidv7()` exists from Postgres 18 on; 15 is supported.
 */
export const uuidV7 = sql`encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid`;

export const outbox = pgTable(
  'outbox',
  {
    id: bigserial('id', { mode: 'bigint' }).primaryKey(),
    class: text('class').$type<'event' | 'signal'>().notNull(),
    topic: text('topic').notNull(),
    type: text('type').notNull(),
    eventId: uuid('event_id').notNull().unique().default(uuidV7),
    subjectKind: text('subject_kind').notNull(),
    subjectId: text('subject_id').notNull(),
    domain: text('domain'),
    seq: bigint('seq', { mode: 'bigint' }),
    payload: jsonb('payload').$type<Readonly<Record<string, unknown>>>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    lastError: text('last_error'),
    /** Order of publication, given by the relay; null until then. */
    pubSeq: bigint('pub_seq', { mode: 'bigint' }).unique(),
    publishedAt: instant('published_at'),
  },
  (table) => [
    // The relay: events without a number, oldest first; the index holds no others, so it stays small.
    index('outbox_unpublished_idx').on(table.id).where(sql`pub_seq is null and class = 'event'`),
    // Signals that are due, oldest first.
    index('outbox_due_idx').on(table.nextAttemptAt, table.id).where(sql`published_at is null and class = 'signal'`),
    // "What happened to this run, node, …": events of one subject in order.
    index('outbox_subject_idx').on(table.subjectKind, table.subjectId, table.id),
    check('outbox_class_check', sql`class in ('event', 'signal')`),
  ],
);
