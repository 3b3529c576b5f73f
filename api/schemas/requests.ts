/** Schemas of what registry and stage-run routes take besides bodies: references, ids, filters, headers. */
import { z } from 'zod';
import { componentTypes, lifecycles } from '../../contracts/component-values.ts';
import { runStates, stages, statuses } from '../../contracts/stage.ts';
import { flag, plainText, repeated, wholeNumber, words } from '../routing/query.ts';

const sortKeys = ['name', 'namespace', 'type', 'version', 'registered_at', 'updated_at', 'relevance'] as const;

const sortTerm = z
  .string()
  .regex(new RegExp(`^(?:-?(?:${sortKeys.join('|')})|(?:${sortKeys.join('|')}):(?:asc|desc))$`), {
    error: `expected KEY, -KEY or KEY:asc|desc with KEY one of ${sortKeys.join(', ')}`,
  })
  .transform((term) => {
    const [name = '', order] = term.replace(/^-/, '').split(':');
    const key = sortKeys.find((known) => known === name) ?? 'name';
    return { key, order: order === 'desc' || term.startsWith('-') ? ('desc' as const) : ('asc' as const) };
  });

const tag = plainText(64);
const reason = plainText(1000);

/** `{ref}`: a uuid or a URL-encoded reference; what it means is the registry's to say. */
export const referenceParams = z.strictObject({ ref: plainText(1024) });

export const searchParameters = z.strictObject({
  type: words(z.enum(componentTypes)).optional(),
  tag: repeated(tag).optional(),
  any_tag: repeated(tag).optional(),
  lifecycle: words(z.enum(lifecycles)).optional(),
  status: plainText(64).optional(),
  text: plainText(256).optional(),
  name_pattern: plainText(256).optional(),
  view: z.enum(['production', 'development', 'all']).optional(),
  include_archived: flag.optional(),
  sort: words(sortTerm, 8).optional(),
  limit: wholeNumber(1, 1000).optional(),
  cursor: plainText(4096).optional(),
  with_total: flag.optional(),
});

export const lookupParameters = z.strictObject({
  version_spec: plainText(256).optional(),
  include_prerelease: flag.optional(),
  include_archived: flag.optional(),
  max_stale_ms: wholeNumber(0, 86_400_000).optional(),
});

export const registerParameters = z.strictObject({
  strict: flag.optional(),
  dry_run: flag.optional(),
  force: flag.optional(),
  reason: reason.optional(),
  /** Where the document came from; only the local user may say so. */
  source_kind: z.enum(['file', 'package', 'remote', 'api']).optional(),
  source_ref: plainText(4096).optional(),
});

export const updateParameters = z.strictObject({
  dry_run: flag.optional(),
  force: flag.optional(),
  reason: reason.optional(),
});

export const removeParameters = z.strictObject({
  hard: flag.optional(),
  force: flag.optional(),
  reason: reason.optional(),
});

export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,255}$/, 'expected 1-255 printable ASCII characters')
    .optional(),
});

/** `If-Match: "5"`: the revision the caller has seen. `*` means any. */
const ifMatch = z
  .string()
  .regex(/^(?:\*|"?\d{1,15}"?)$/, 'expected one revision as `"5"`, or `*`')
  .transform((text) => (text === '*' ? undefined : Number(text.replaceAll('"', ''))));

export const conditionalHeaders = idempotencyHeaders.extend({ 'if-match': ifMatch.optional() });

export const syncBody = z.strictObject({ full: z.boolean().optional() }).optional();

/** Id of a stage run: a unique prefix of at least 6 characters, or `last`; what fits is the service's to say. */
export const runParams = z.strictObject({ id: plainText(64) });

export const runListParameters = z.strictObject({
  stage: z.enum(stages).optional(),
  state: z.enum(runStates).optional(),
  verdict: z.enum(statuses).optional(),
  repo_id: plainText(128).optional(),
  limit: wholeNumber(1, 1000).optional(),
});

export const streamParameters = z.strictObject({
  after_seq: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  /** Who counted `after_seq`; another instance sends everything. */
  instance: plainText(128).optional(),
});

export const attachParameters = streamParameters.extend({ owner: flag.optional() });

export const cancelBody = z.strictObject({
  command_id: z.string().regex(/^[!-~]{1,128}$/, 'expected 1-128 printable ASCII characters'),
  reason: z.string().min(1).max(1000),
  actor: z.string().min(1).max(128).optional(),
});
