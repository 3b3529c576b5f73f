/**
 * The schema as text, read from the catalog of a database: what a review compares when a migration changes. Stable from
 * run to run and from server to server; names of databases, owners and object ids are not in it.
 */
import type { Database } from '../../../db/client.ts';
import { rowsOf } from '../registry/support/registry.ts';

const queries: Readonly<Record<string, string>> = {
  extensions: `SELECT extname AS line FROM pg_extension WHERE extname <> 'plpgsql'`,
  columns: `
    SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || CASE WHEN co.collname IN ('C', 'POSIX') THEN ' collate ' || co.collname ELSE '' END
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity' ELSE '' END
           || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') AS line,
           c.relname, a.attnum
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      LEFT JOIN pg_collation co ON co.oid = a.attcollation
     WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY c.relname COLLATE "C", a.attnum`,
  constraints: `
    SELECT c.relname || ' ' || k.conname || ': ' || pg_get_constraintdef(k.oid) AS line
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
     WHERE k.connamespace = 'public'::regnamespace AND k.contype <> 'n'
     ORDER BY c.relname COLLATE "C", k.conname COLLATE "C"`,
  indexes: `SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public' ORDER BY tablename COLLATE "C", indexname COLLATE "C"`,
  enums: `
    SELECT t.typname || ': ' || string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) AS line
      FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
     WHERE t.typnamespace = 'public'::regnamespace GROUP BY t.typname ORDER BY t.typname COLLATE "C"`,
  storage: `
    SELECT c.relname || ' ' || array_to_string(c.reloptions, ' ') AS line FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.reloptions IS NOT NULL ORDER BY c.relname COLLATE "C"`,
  triggers: `
    SELECT pg_get_triggerdef(t.oid) AS line FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
     ORDER BY c.relname COLLATE "C", t.tgname COLLATE "C"`,
  functions: `
    SELECT pg_get_functiondef(p.oid) AS line FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
     ORDER BY p.proname COLLATE "C"`,
};

export async function schemaDump(database: Database): Promise<string> {
  const sections: string[] = [];
  for (const [title, text] of Object.entries(queries)) {
    const rows = await rowsOf<{ line: string }>(database, text);
    sections.push(`# ${title}\n${rows.map(({ line }) => line.trimEnd()).join('\n')}\n`);
  }
  return sections.join('\n');
}
