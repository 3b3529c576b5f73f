/**
 * Mass events (architecture.md "Shared shapes", registration.md 9 "Sweeper"): many nodes fell silent at once. At most one
 * is open per kind; what expires meanwhile carries its id.
 */
import { sql } from 'drizzle-orm';
import { check, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './column-types.ts';
import { uuidV7 } from './outbox.ts';

export const incidents = pgTable(
  'incidents',
  {
    id: uuid('id').primaryKey().default(uuidV7),
    kind: text('kind').notNull(),
    openedAt: instant('opened_at').notNull().defaultNow(),
    closedAt: instant('closed_at'),
    monitoredCount: integer('monitored_count').notNull(),
    affectedCount: integer('affected_count').notNull(),
    /** Some of the entities, at most 20. */
    sample: text('sample').array().notNull().default(sql`'{}'::text[]`),
  },
  (t) => [
    // At most one open per kind; also how the open one is found.
    uniqueIndex('incidents_one_open').on(t.kind).where(sql`closed_at is null`),
    check('incidents_sample_small', sql`cardinality(sample) <= 20`),
  ],
);
