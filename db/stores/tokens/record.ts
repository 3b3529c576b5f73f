/** A row of `access_tokens` as it is served. */
import type { TokenRecord } from '../../../contracts/token.ts';

/** Columns of every statement that answers a record; times as the driver's dates. */
export const tokenColumns = `id, name, prefix, capabilities, created_at, created_by, expires_at, last_used_at, revoked_at,
  CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' ELSE 'active' END AS state`;

export interface TokenRow extends Omit<TokenRecord, 'created_at' | 'expires_at' | 'last_used_at' | 'revoked_at'> {
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

export function tokenRecordOf(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    capabilities: row.capabilities,
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
    state: row.state,
  };
}
