/**
 * Checks the four parts of a request against their schemas and collects every problem of all parts before
 * it refuses, so that a caller mends a request once. Values are never echoed: they may be secrets.
 */
import type { z } from 'zod';
import { type ErrorCode, type Issue, OmniBaseError } from '../../contracts/error.ts';
import { nearest } from '../../domain/text/nearest.ts';

/** The parts of a request before they were checked. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
}

/** The parts of a request after they were checked. */
export interface RouteInput<P, Q, H, B> {
  readonly params: P;
  readonly query: Q;
  readonly headers: H;
  readonly body: B;
}

type Part = keyof RawInput;
/** Code for the problems of a part; `OB004` where none is named. */
export type PartCodes = Readonly<Partial<Record<Part, ErrorCode>>>;
const parts = ['params', 'query', 'headers', 'body'] as const satisfies readonly Part[];
const issueLimit = 50;

/** Parses all parts; throws `OB004` with up to 50 located issues, or the code of the first part that has some. */
export function checkInput(
  schemas: Readonly<Record<Part, z.ZodType>>,
  raw: RawInput,
  codes: PartCodes = {},
): Record<Part, unknown> {
  const issues: Issue[] = [];
  let refused: ErrorCode | undefined;
  const checked: Record<Part, unknown> = { params: undefined, query: undefined, headers: undefined, body: undefined };
  for (const part of parts) {
    const result = schemas[part].safeParse(raw[part]);
    if (result.success) {
      checked[part] = result.data;
      continue;
    }
    refused ??= codes[part] ?? 'OB004';
    issues.push(...describe(part, result.error.issues, schemas[part], codes[part]));
  }
  if (refused !== undefined) throw refusedInput(refused, issues);
  return checked;
}

/** `OB004` whose message is the first issue. */
export function invalidRequest(issues: readonly Issue[]): OmniBaseError {
  return refusedInput('OB004', issues);
}

/** The error `code` whose message is the first issue, with up to 50 of them. */
export function refusedInput(code: ErrorCode, issues: readonly Issue[]): OmniBaseError {
  const [first] = issues;
  const message =
    first === undefined ? undefined : [first.path, first.message].filter((text) => text !== '').join(': ');
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new OmniBaseError(code, {
    ...(message === undefined ? {} : { message: message + more }),
    issues: issues.slice(0, issueLimit),
  });
}

/** Issues of a zod error as located issues below `part`. */
export function describe(
  part: string,
  found: readonly z.core.$ZodIssue[],
  schema?: z.ZodType,
  code: ErrorCode = 'OB004',
): Issue[] {
  return found.flatMap((issue): Issue[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey({ part, path: issue.path, key, schema, code }));
    }
    const expected = 'expected' in issue && typeof issue.expected === 'string' ? { expected: issue.expected } : {};
    return [{ code, severity: 'error', path: join(part, issue.path), message: issue.message, ...expected }];
  });
}

interface UnknownKey {
  readonly part: string;
  readonly path: readonly PropertyKey[];
  readonly key: string;
  readonly schema: z.ZodType | undefined;
  readonly code: ErrorCode;
}

function unknownKey({ part, path, key, schema, code }: UnknownKey): Issue {
  const known = path.length === 0 ? keysOf(schema) : [];
  const near = nearest(key, known);
  const kind = part === 'query' ? 'query parameter' : 'member';
  return {
    code,
    severity: 'error',
    path: join(part, [...path, key.slice(0, 100)]),
    message: `unknown ${kind}`,
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  };
}

function keysOf(schema: z.ZodType | undefined): string[] {
  return schema !== undefined && 'shape' in schema ? Object.keys(schema.shape as object) : [];
}

function join(part: string, path: readonly PropertyKey[]): string {
  return [part, ...path.map(String)].join('.');
}
