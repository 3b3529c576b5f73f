/** Reads tokens: all of them for people, one by its hash for authentication. */
import type { TokenRecord } from '../../../contracts/token.ts';
import type { Database } from '../../client.ts';
import { tokenColumns, tokenRecordOf, type TokenRow } from './record.ts';

/** Working ones first, then the newest; at most 1,000. */
export async function listTokens(database: Database): Promise<readonly TokenRecord[]> {
  const { rows } = await database.pool.query<TokenRow>(
    `SELECT ${tokenColumns} FROM access_tokens ORDER BY (revoked_at IS NULL) DESC, created_at DESC, id LIMIT 1000`,
  );
  return rows.map(tokenRecordOf);
}

export interface TokenGrant {
  readonly id: string;
  readonly name: string;
  readonly capabilities: readonly string[];
}

/** The write happens once a minute per token, so that a busy client does not rewrite its row with every call. */
const use = `
  WITH known AS (
    SELECT id, name, capabilities, last_used_at FROM access_tokens
     WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
  ), used AS (
    UPDATE access_tokens SET last_used_at = now()
     WHERE id IN (SELECT id FROM known WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
  )
  SELECT id, name, capabilities FROM known`;

/** What the token with this SHA-256 grants; null when it is not known, expired or revoked. */
export async function useToken(database: Database, hash: string): Promise<TokenGrant | null> {
  const { rows } = await database.pool.query<TokenGrant>({ name: 'token_use', text: use, values: [hash] });
  return rows[0] ?? null;
}
