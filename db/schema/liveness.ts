/**
 * Liveness of the product's own parts (architecture.md "Shared shapes"): host workers stamp their row every 5 s
 * (stages.md 6.4, `checkHost`). Both times are the database's.
 */
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const componentLiveness = pgTable(
  'component_liveness',
  {
    /** Kind of part: `host`, `control`, `api`. */
    component: text('component').notNull(),
    /** Which one of that kind, e.g. the host id. */
    instance: text('instance').notNull(),
    upSince: timestamp('up_since', { withTimezone: true }).notNull().defaultNow(),
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }).notNull().defaultNow(),
  },
  // Serves the stamp (upsert) and `readComponent`.
  (table) => [primaryKey({ columns: [table.component, table.instance] })],
);
