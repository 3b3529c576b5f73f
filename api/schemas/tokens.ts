/** Answers about access tokens, for the OpenAPI document. */
import { z } from 'zod';

export const tokenSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  capabilities: z.array(z.string()),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
  state: z.enum(['active', 'expired', 'revoked']),
});

export const createdTokenSchema = tokenSchema.extend({ token: z.string() });
export const tokenListSchema = z.strictObject({ items: z.array(tokenSchema) });
