/**
 * Access tokens (platform.md 6). A token is known by the SHA-256 of its text; the text itself is nowhere. Rows stay when
 * a token is revoked: the audit log speaks of them.
 */
import { sql } from 'drizzle-orm';
import { char, check, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './column-types.ts';

export const accessTokens = pgTable(
  'access_tokens',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    /** SHA-256 of the text, hex: every authentication looks here. */
    hash: char('hash', { length: 64 }).notNull().unique(),
    capabilities: text('capabilities').array().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    createdBy: text('created_by').notNull(),
    expiresAt: instant('expires_at'),
    /** Written at most once a minute. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (t) => [
    // One name, one token that works; a revoked name may be given again.
    uniqueIndex('access_tokens_name').on(t.name).where(sql`revoked_at is null`),
    check('access_tokens_some_capability', sql`cardinality(capabilities) >= 1`),
  ],
);
