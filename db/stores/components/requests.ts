/** Answers kept under idempotency keys for 24 hours (registry.md 5.2). */
import type { Row, Statement } from '../../transaction.ts';

export interface KeptRequest {
  readonly request_hash: string;
  readonly response: unknown;
}

export function readRequest(key: string, principal: string): Statement {
  return {
    name: 'request_read',
    text: `SELECT request_hash, response FROM registry_requests
            WHERE key = $1 AND principal = $2 AND at > now() - interval '24 hours'`,
    values: [key, principal],
  };
}

export function requestOf(rows: readonly Row[]): KeptRequest | null {
  return (rows[0] as (Row & KeptRequest) | undefined) ?? null;
}

/** Also clears what is past its time, so the table needs no job of its own. */
export function keepRequest(key: string, principal: string, request: KeptRequest): Statement[] {
  return [
    { name: 'request_purge', text: `DELETE FROM registry_requests WHERE at <= now() - interval '24 hours'` },
    {
      name: 'request_keep',
      text: 'INSERT INTO registry_requests (key, principal, request_hash, response) VALUES ($1, $2, $3, $4)',
      values: [key, principal, request.request_hash, JSON.stringify(request.response)],
    },
  ];
}
