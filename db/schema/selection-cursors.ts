/**
 * Where each round robin stands (registration.md 8 "Selection"): read and advanced in one statement, so it is fair across
 * processes and survives nodes that come and go.
 */
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './column-types.ts';
import { domainText } from './registration.ts';

export const nodeSelectionCursors = pgTable('node_selection_cursors', {
  key: text('key').primaryKey(),
  lastEntityId: uuid('last_entity_id').notNull(),
  lastDomain: domainText('last_domain').notNull(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
