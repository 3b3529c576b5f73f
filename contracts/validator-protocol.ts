/**
 * The protocol `omnibase.validator/1` between a stage run and a validator process (stages.md 7.2).
 *
 * Glossary: the **request** is one JSON document on standard input; the **answer** is one JSON document on standard
 * output, or JSON Lines that end with one `result`. Unknown extra members are allowed and ignored.
 */
import { z } from 'zod';
import type { EntryKind, EntryStatus, Stage } from './stage.ts';

export const validatorProtocol = 'omnibase.validator/1';

/** What a validator reads from standard input. */
export interface ValidatorRequest {
  readonly protocol: typeof validatorProtocol;
  readonly request_id: string;
  readonly run: {
    readonly id: string;
    readonly stage: Stage;
    readonly correlation_id: string;
    readonly attempt: number;
    /** RFC 3339 time at which it is stopped. */
    readonly deadline: string;
  };
  readonly component: { readonly uuid: string; readonly name: string; readonly version: string };
  readonly mode: 'check' | 'fix';
  readonly root: string | null;
  readonly files: readonly ValidatorFile[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly context: {
    readonly results: Readonly<Record<string, { readonly status: string; readonly output: unknown }>>;
  };
  readonly grants: readonly string[];
}

export interface ValidatorFile {
  readonly path: string;
  readonly path_bytes?: string;
  readonly status: EntryStatus;
  readonly previous_path?: string;
  readonly mode: string;
  readonly kind: EntryKind;
  readonly blob: string;
  readonly size: number;
  readonly types: readonly string[];
}

/** Longest message of a finding, bytes of UTF-8. */
export const maxMessageBytes = 4096;

const position = z.number().int().min(1);

/** One finding as a validator states it. */
export const answerFindingSchema = z
  .looseObject({
    rule: z.string().min(1).max(255),
    severity: z.enum(['error', 'warning', 'info']),
    message: z.string().min(1).max(maxMessageBytes),
    path: z.string().optional(),
    line: position.optional(),
    column: position.optional(),
    end_line: position.optional(),
    end_column: position.optional(),
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional(),
    suggestion: z.string().max(maxMessageBytes).optional(),
    doc_url: z.url({ protocol: /^https$/ }).optional(),
    related: z
      .array(z.looseObject({ path: z.string(), line: position, message: z.string().max(maxMessageBytes) }))
      .max(20)
      .optional(),
  })
  .refine((finding) => finding.line === undefined || finding.path !== undefined, { message: 'line needs path' })
  .refine((finding) => finding.column === undefined || finding.line !== undefined, { message: 'column needs line' })
  .refine((finding) => finding.end_line === undefined || finding.line !== undefined, { message: 'end_line needs line' })
  .refine((finding) => finding.end_column === undefined || finding.end_line !== undefined, {
    message: 'end_column needs end_line',
  });
export type AnswerFinding = z.infer<typeof answerFindingSchema>;

/** The one result of an answer. */
export const answerResultSchema = z.looseObject({
  protocol: z.literal(validatorProtocol),
  request_id: z.string(),
  status: z.enum(['pass', 'fail', 'warn', 'skip', 'error']),
  findings: z.array(answerFindingSchema).default([]),
  messages: z.array(z.string()).max(1000).default([]),
  output: z.unknown().optional(),
  skipped_reason: z.string().max(maxMessageBytes).optional(),
  metrics: z.record(z.string(), z.number()).optional(),
});
export type AnswerResult = z.infer<typeof answerResultSchema>;

/** A line of a JSON Lines answer before the result. */
export const answerProgressSchema = z.looseObject({
  type: z.literal('progress'),
  text: z.string(),
  done: z.number().optional(),
  total: z.number().optional(),
});

/** Members of an answer the protocol knows; others give one warning. */
export const knownAnswerMembers = [
  'type',
  'protocol',
  'request_id',
  'status',
  'findings',
  'messages',
  'output',
  'skipped_reason',
  'metrics',
] as const;
