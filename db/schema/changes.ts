/**
 * The registry's change log, its requests under idempotency keys, and the one row that identifies it
 * (registry.md 4). The log is the registry's outbox: cache sync, watchers and the event relay read it in the
 * order (`epoch`, `txid`, `seq`), and only below the oldest running transaction, so nothing appears behind a
 * cursor.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  char,
  check,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { byteText, instant } from './column-types.ts';

export const registryChanges = pgTable(
  'registry_changes',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    epoch: integer('epoch').notNull(),
    txid: bigint('txid', { mode: 'number' }).notNull().default(sql`(pg_current_xact_id()::text::bigint)`),
    op: byteText('op').notNull(),
    uuid: uuid('uuid').notNull(),
    revision: integer('revision').notNull(),
    type: byteText('type').notNull(),
    namespace: byteText('namespace').notNull(),
    name: byteText('name').notNull(),
    version: byteText('version').notNull(),
    principal: text('principal').notNull(),
    correlationId: text('correlation_id').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (t) => [
    // Everything after a cursor, in final order.
    index('registry_changes_order').on(t.epoch, t.txid, t.seq),
    check(
      'registry_changes_op_known',
      sql`${t.op} in ('registered', 'updated', 'transitioned', 'removed', 'trust_changed')`,
    ),
  ],
);

export const registryRequests = pgTable(
  'registry_requests',
  {
    key: text('key').notNull(),
    principal: text('principal').notNull(),
    requestHash: char('request_hash', { length: 64 }).notNull(),
    /** `json` keeps the order of members, so the answer is given again as it was. */
    response: json('response').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: 'registry_requests_pkey', columns: [t.key, t.principal] }),
    // Rows older than 24 h are dropped by the next keyed request.
    index('registry_requests_at').on(t.at),
  ],
);

export const registryMeta = pgTable(
  'registry_meta',
  {
    /** Always true: the table has one row. */
    singleton: boolean('singleton').primaryKey().default(true),
    registryId: uuid('registry_id').notNull().default(sql`gen_random_uuid()`),
    /** Raised by every restore: cursors and caches of an older epoch are void. */
    epoch: integer('epoch').notNull().default(1),
    dataVersion: integer('data_version').notNull().default(1),
  },
  (t) => [check('registry_meta_one_row', sql`${t.singleton}`)],
);
