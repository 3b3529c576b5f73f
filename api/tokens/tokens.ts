/** Tokens of the gateway (platform.md 6): made, listed, revoked, and looked up for every call over TCP. */
import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../../contracts/registry.ts';
import type { TokensApi } from '../../contracts/token.ts';
import type { Database } from '../../db/client.ts';
import { listTokens, useToken } from '../../db/stores/tokens/read.ts';
import { insertToken, revokeToken } from '../../db/stores/tokens/write.ts';
import type { Authenticate } from '../plugins/auth.ts';
import { uuidV7 } from '../plugins/correlation.ts';

/** A revoked token is refused by every gateway after at most this long, ms. */
const rememberMs = 2_000;
/** Tokens a gateway remembers, known and unknown. */
const remembered = 10_000;
const prefixLength = 12;

export interface Tokens extends TokensApi {
  readonly authenticate: Authenticate;
}

export function createTokens(database: Database): Tokens {
  const known = new LRUCache<string, { readonly principal: Principal | null }>({ max: remembered, ttl: rememberMs });
  return {
    async create(request, { principal, correlation_id }) {
      const token = `omb_${randomBytes(32).toString('base64url')}`;
      const record = await insertToken(
        database,
        { ...request, id: uuidV7(), prefix: token.slice(0, prefixLength), hash: sha256(token) },
        { principal: principal.id, correlation_id },
      );
      return { ...record, token };
    },
    list: () => listTokens(database),
    async revoke(reference, { principal, correlation_id }) {
      const record = await revokeToken(database, reference, { principal: principal.id, correlation_id });
      known.clear();
      return record;
    },
    async authenticate(token) {
      const hash = sha256(token);
      const remembering = known.get(hash);
      if (remembering !== undefined) return remembering.principal;
      const grant = await useToken(database, hash);
      const principal: Principal | null =
        grant === null ? null : { id: `token:${grant.name}`, kind: 'service', capabilities: grant.capabilities };
      known.set(hash, { principal });
      return principal;
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
