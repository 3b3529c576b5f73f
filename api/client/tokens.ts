/** `TokensApi` over the gateway. */
import type { CallContext } from '../../contracts/registry.ts';
import type { CreatedToken, TokenRecord, TokensApi } from '../../contracts/token.ts';
import { objectOf } from './answers.ts';
import type { HttpCall } from './http-call.ts';
import type { Transport } from './transport.ts';

const base = '/api/v1/tokens';

export function tokensOver(transport: Transport): TokensApi {
  const ask = async (call: HttpCall, { signal, deadline_ms: timeoutMs, correlation_id: correlationId }: CallContext) =>
    objectOf(await transport.json({ ...call, signal, timeoutMs, correlationId }), transport.address);
  return {
    create: async (request, call) => (await ask({ method: 'POST', path: base, body: request }, call)) as CreatedToken,
    async list(call) {
      const { items } = (await ask({ method: 'GET', path: base }, call)) as { readonly items: readonly TokenRecord[] };
      return items;
    },
    revoke: async (reference, call) =>
      (await ask({ method: 'DELETE', path: `${base}/${encodeURIComponent(reference)}` }, call)) as TokenRecord,
  };
}
