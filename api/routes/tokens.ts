/** Routes of access tokens (platform.md 6): only `admin` may make, see and revoke them. */
import { z } from 'zod';
import { type TokensApi, tokenRequestSchema } from '../../contracts/token.ts';
import { plainText } from '../routing/query.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { createdTokenSchema, tokenListSchema, tokenSchema } from '../schemas/tokens.ts';

const base = '/api/v1/tokens';

export function tokenRoutes({ tokens }: { readonly tokens: TokensApi }): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: base,
      operation: 'tokens.create',
      summary: 'Make a token; its text is in this answer and nowhere else',
      access: 'admin',
      input: { body: tokenRequestSchema },
      responses: { 201: { description: 'The token with its text', schema: createdTokenSchema } },
      handle: async ({ body }, call) => ({ status: 201, body: await tokens.create(body, call) }),
    }),
    defineRoute({
      method: 'GET',
      path: base,
      operation: 'tokens.list',
      summary: 'All tokens, working ones first, without their text',
      access: 'admin',
      responses: { 200: { description: 'The tokens', schema: tokenListSchema } },
      handle: async (_input, call) => ({ status: 200, body: { items: await tokens.list(call) } }),
    }),
    defineRoute({
      method: 'DELETE',
      path: `${base}/:ref`,
      operation: 'tokens.revoke',
      summary: 'Revoke a token by name or id; repeatable',
      access: 'admin',
      input: { params: z.strictObject({ ref: plainText(128).min(1) }) },
      responses: { 200: { description: 'The revoked token', schema: tokenSchema } },
      handle: async ({ params }, call) => ({ status: 200, body: await tokens.revoke(params.ref, call) }),
    }),
  ];
}
