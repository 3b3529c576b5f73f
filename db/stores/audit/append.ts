/**
 * Adds a row to the audit log in a transaction of its own: for what was refused or failed. What succeeded is audited
 * inside its own transaction, by the statement that did it.
 */
import type { Database } from '../../client.ts';

export interface AuditEntry {
  /** `component/<uuid>`, `principal/<id>`, `token/<name>`, `run/<id>`: each subject has its own chain. */
  readonly subject: string;
  readonly principal: string;
  /** `registry.register`, `token.create`, … */
  readonly action: string;
  readonly resource: string;
  readonly outcome: 'allowed' | 'denied' | 'failed';
  /** Error code, when refused or failed. */
  readonly code?: string;
  readonly source?: string;
  readonly paths?: readonly string[];
  readonly correlation_id: string;
  /** Never secrets, never values of a document. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const statement = `
  INSERT INTO audit_log (subject, principal, action, resource, outcome, code, source, paths, correlation_id, details)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

export async function appendAudit(database: Database, entry: AuditEntry): Promise<void> {
  await database.pool.query({
    name: 'audit_append',
    text: statement,
    values: [
      entry.subject,
      entry.principal,
      entry.action,
      entry.resource,
      entry.outcome,
      entry.code ?? null,
      entry.source ?? null,
      entry.paths ?? [],
      entry.correlation_id,
      JSON.stringify(entry.details ?? {}),
    ],
  });
}
