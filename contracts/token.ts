/**
 * Access tokens (platform.md 6): what lets somebody in over TCP. The text of a token is shown once, when it is made; the
 * database keeps its SHA-256.
 */
import { z } from 'zod';
import { capabilities } from './gateway.ts';
import type { CallContext } from './registry.ts';

/** Upper-case names that older clients use. */
export const capabilityAliases = ['REGISTRY_READ', 'REGISTRY_WRITE', 'REGISTRY_ADMIN'] as const;

const grantTypes: readonly string[] = [...capabilities, ...capabilityAliases];

/** `registry.read`, or with a resource glob behind a colon: `registry.write:tool/team.*`, `run.report:nightly-42`. */
export const grantSchema = z
  .string()
  .max(256)
  .regex(/^[A-Za-z_.]+(:[^\s\p{Cc}]{1,200})?$/u, 'expected a capability, or capability:resource')
  .refine((grant) => grantTypes.includes(grant.split(':', 1)[0] ?? ''), {
    error: `expected one of ${capabilities.join(', ')}`,
  });

/** Longest life of a token, ten years. */
const maxLifeMs = 3_650 * 86_400_000;

export const tokenRequestSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected 1-64 characters of A-Z a-z 0-9 . _ -'),
  capabilities: z.array(grantSchema).min(1).max(64),
  /** From now, ms; null = until it is revoked. */
  expires_in_ms: z.number().int().min(1000).max(maxLifeMs).nullable().default(null),
});
export type TokenRequest = Readonly<z.output<typeof tokenRequestSchema>>;

/** A token as it is listed: never its text. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  /** First characters of the text, to tell tokens apart. */
  readonly prefix: string;
  readonly capabilities: readonly string[];
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at: string | null;
  /** To the minute. */
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
  readonly state: 'active' | 'expired' | 'revoked';
}

export interface CreatedToken extends TokenRecord {
  /** `omb_…`, this once. */
  readonly token: string;
}

export interface TokensApi {
  /** @throws SX005 when an active token has this name */
  create(request: TokenRequest, call: CallContext): Promise<CreatedToken>;
  list(call: CallContext): Promise<readonly TokenRecord[]>;
  /** By name or id; a token that is revoked already stays as it is. @throws SX004 */
  revoke(reference: string, call: CallContext): Promise<TokenRecord>;
}
