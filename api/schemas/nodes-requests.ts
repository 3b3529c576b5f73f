/**
 * Schemas of what the routes of nodes take besides the messages themselves (registration.md 10): ids, filters, the
 * choice of a node. Messages are documented by their published schemas and checked by `domain/registration/messages`.
 */
import { z } from 'zod';
import {
  ackSchema,
  deregisterSchema,
  heartbeatSchema,
  introspectionSchema,
  nodeBatchItems,
} from '../../contracts/node/messages.ts';
import { contractTypes, nodeTypes, registrationStates, selectionStrategies } from '../../contracts/node/vocabulary.ts';
import { flag, plainText, repeated, wholeNumber } from '../routing/query.ts';

const uuid = z
  .string()
  // Without a flag: the OpenAPI document shows the pattern alone.
  .regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'expected a UUID')
  .toLowerCase();
const word = plainText(128).min(1);
const domainText = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'expected letters, digits and . _ : -');

/** Of one domain; `registration` when absent. */
const oneDomain = domainText.optional();
/** Of one domain, or of all with `*`. */
const anyDomain = z
  .union([z.literal('*'), domainText], { error: 'expected a domain, or * for all' })
  .transform((text) => (text === '*' ? null : text))
  .optional();

const jsonObject = plainText(8192).transform((text, context): Record<string, unknown> => {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  context.addIssue({ code: 'custom', message: 'expected a JSON object' });
  return z.NEVER;
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The issue that follows says it; the parser's own text would quote the value.
    return undefined;
  }
}

export const nodeParams = z.strictObject({ id: uuid });
export const domainParameter = z.strictObject({ domain: oneDomain });
export const anyDomainParameter = z.strictObject({ domain: anyDomain });
export const offerParameters = z.strictObject({
  domain: oneDomain,
  wait: z
    .string({ error: 'expected one number of seconds' })
    .regex(/^\d{1,2}(\.\d{1,3})?$/, 'expected seconds from 0 to 25')
    .transform(Number)
    .pipe(z.number().min(0).max(25))
    .optional(),
});
/** `If-None-Match`: what the caller has. */
export const conditionalHeaders = z.object({ 'if-none-match': z.string().max(4096).optional() });

const page = { limit: wholeNumber(1, 1000).optional(), cursor: plainText(4096).min(1).optional() };

export const nodeListParameters = z
  .strictObject({
    state: repeated(z.enum(registrationStates)).optional(),
    node_type: z.enum(nodeTypes).optional(),
    component: plainText(512).min(1).optional(),
    name_prefix: word.optional(),
    overdue: flag.optional(),
    flapping: flag.optional(),
    updated_since: z.iso.datetime({ offset: true }).optional(),
    tag: repeated(word, 256).optional(),
    any_tag: repeated(word, 256).optional(),
    intent: repeated(word, 256).optional(),
    protocol: word.optional(),
    contract_type: z.enum(contractTypes).optional(),
    capability: jsonObject.optional(),
    topic: word.optional(),
    direction: z.enum(['subscribe', 'publish']).optional(),
    domain: anyDomain,
    ...page,
  })
  .refine(({ topic, direction }) => direction === undefined || topic !== undefined, {
    path: ['direction'],
    message: 'needs a topic',
  });

export const transitionParameters = z.strictObject({
  domain: oneDomain,
  since_id: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  ...page,
});

export const selectBody = z.strictObject({
  domain: anyDomain.nullable(),
  capability: word.optional(),
  intent_types: z.array(word).min(1).max(256).optional(),
  protocol: word.optional(),
  contract_type: z.enum(contractTypes).optional(),
  strategy: z.enum(selectionStrategies).optional(),
  key: plainText(256).min(1).optional(),
  exclude: z.array(uuid).max(1000).optional(),
});

/** Either some nodes or all of them. */
export const introspectionRequestBody = z.union(
  [
    z.strictObject({ ids: z.array(uuid).min(1).max(1000), domain: anyDomain.nullable() }),
    z.strictObject({ all: z.literal(true), domain: anyDomain.nullable() }),
  ],
  { error: 'expected {"ids": [1 to 1000 UUIDs]} or {"all": true}, and no other member but domain' },
);

/** The id stands in the path, so the body need not repeat it. */
export const ackBody = ackSchema.partial({ node_id: true });
export const heartbeatBody = heartbeatSchema.partial({ node_id: true });
export const deregisterBody = deregisterSchema.partial({ node_id: true });
/** The gateway fills in what it can make itself. */
export const introspectionBody = introspectionSchema.partial({ correlation_id: true });
export const heartbeatsBody = z.strictObject({ items: z.array(heartbeatSchema).min(1).max(nodeBatchItems) });
