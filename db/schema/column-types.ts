/**
 * Column types that Drizzle does not offer by itself. `byteText` is text that sorts and compares by UTF-8 bytes
 * (`COLLATE "C"`), the order that memory uses as well (registry.md, introduction); `instant` is a database
 * time with milliseconds.
 */
import { customType, timestamp } from 'drizzle-orm/pg-core';

/** Text in byte order, whatever the locale of the server. */
export const byteText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

/** `timestamptz(3)`, read as text: Postgres formats it, the stores turn it into RFC 3339. */
export const instant = (name: string) => timestamp(name, { precision: 3, withTimezone: true, mode: 'string' });
