/** Makes and revokes tokens, each with its audit row in the same statement (platform.md 6). */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { TokenRecord, TokenRequest } from '../../../contracts/token.ts';
import type { Database } from '../../client.ts';
import { sqlState } from '../../failure.ts';
import { inTransaction } from '../../transaction.ts';
import { tokenColumns, tokenRecordOf, type TokenRow } from './record.ts';

export interface TokenWriter {
  readonly principal: string;
  readonly correlation_id: string;
}

export interface NewToken extends TokenRequest {
  readonly id: string;
  readonly prefix: string;
  /** SHA-256 of the text, hex. */
  readonly hash: string;
}

/** An expired token frees its name: it is revoked by the one that takes it. */
const free = `UPDATE access_tokens SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL AND expires_at <= now()`;

const insert = `
  WITH made AS (
    INSERT INTO access_tokens (id, name, prefix, hash, capabilities, created_by, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond')
    RETURNING ${tokenColumns}
  ), audited AS (
    INSERT INTO audit_log (subject, principal, action, resource, outcome, correlation_id, details)
    SELECT 'token/' || name, $6, 'token.create', 'token/' || id, 'allowed', $8,
           jsonb_build_object('capabilities', to_jsonb(capabilities), 'expires_at', expires_at)
      FROM made
  )
  SELECT * FROM made`;

/** @throws SX005 when an active token has this name */
export async function insertToken(database: Database, token: NewToken, by: TokenWriter): Promise<TokenRecord> {
  const values = [
    token.id,
    token.name,
    token.prefix,
    token.hash,
    token.capabilities,
    by.principal,
    token.expires_in_ms,
    by.correlation_id,
  ];
  try {
    const [, made] = await inTransaction(database.pool, ({ commit }) =>
      commit([
        { text: free, values: [token.name] },
        { text: insert, values },
      ]),
    );
    const row = made?.[0] as TokenRow | undefined;
    if (row === undefined) throw new Error('an inserted token was not returned');
    return tokenRecordOf(row);
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    throw new OmniBaseError('SX005', { details: { name: token.name }, cause: error });
  }
}

const revoke = `
  WITH named AS (
    SELECT id FROM access_tokens WHERE id::text = $1 OR name = $1
     ORDER BY (id::text = $1) DESC, (revoked_at IS NULL) DESC, created_at DESC LIMIT 1
  ), ended AS (
    UPDATE access_tokens SET revoked_at = now() WHERE id = (SELECT id FROM named) AND revoked_at IS NULL
    RETURNING ${tokenColumns}
  ), audited AS (
    INSERT INTO audit_log (subject, principal, action, resource, outcome, correlation_id)
    SELECT 'token/' || name, $2, 'token.revoke', 'token/' || id, 'allowed', $3 FROM ended
  )
  SELECT * FROM ended
  UNION ALL
  SELECT ${tokenColumns} FROM access_tokens
   WHERE id = (SELECT id FROM named) AND NOT EXISTS (SELECT FROM ended)`;

/** By id or name; the active one when several had the name. @throws SX004 when there is none */
export async function revokeToken(database: Database, reference: string, by: TokenWriter): Promise<TokenRecord> {
  const { rows } = await database.pool.query<TokenRow>(revoke, [reference, by.principal, by.correlation_id]);
  const [row] = rows;
  if (row === undefined) throw new OmniBaseError('SX004', { details: { reference } });
  return tokenRecordOf(row);
}
