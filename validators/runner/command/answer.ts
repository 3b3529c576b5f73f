/**
 * Reads the answer of a validator that speaks the protocol (stages.md 7.2). Whatever does not follow it is a violation
 * (NE003) that says what was wrong; the findings stated so far are kept as partial.
 */
import {
  type AnswerFinding,
  type AnswerResult,
  answerFindingSchema,
  answerProgressSchema,
  answerResultSchema,
  knownAnswerMembers,
  maxMessageBytes,
} from '../../../contracts/validator-protocol.ts';
import type { z } from 'zod';
import { clip } from './clip.ts';

export type Answer =
  | {
      readonly ok: true;
      readonly result: AnswerResult;
      readonly findings: AnswerFinding[];
      readonly messages: string[];
    }
  | { readonly ok: false; readonly reason: string; readonly findings: AnswerFinding[] };

export interface AnswerRules {
  readonly request_id: string;
  /** Whether a path may be named in a finding. */
  readonly knowsPath: (path: string) => boolean;
}

/** Reads standard output of a validator as one document or as JSON Lines. */
export function readAnswer(stdout: Buffer, rules: AnswerRules): Answer {
  const text = decode(stdout);
  if (text === null) return violation('the answer is not UTF-8');
  if (text.trim() === '') return violation('there is no answer on standard output');
  const whole = parseJson(text);
  const documents = whole === undefined ? parseLines(text) : [whole];
  if (documents === null) return violation('the answer is not JSON');
  return readDocuments(documents, rules);
}

function readDocuments(documents: readonly unknown[], rules: AnswerRules): Answer {
  const findings: AnswerFinding[] = [];
  const unknownMembers = new Set<string>();
  for (const [index, document] of documents.entries()) {
    if (!isObject(document)) return violation('the answer is not a JSON object', findings);
    const last = index === documents.length - 1;
    const type = document['type'];
    if (type === 'progress' && !last) {
      if (!answerProgressSchema.safeParse(document).success) return violation('a progress line is malformed', findings);
      continue;
    }
    if (type === 'finding' && !last) {
      const finding = parseAs(answerFindingSchema, withClippedMessage(document));
      if (!finding.ok) return violation(`a finding is malformed: ${finding.reason}`, findings);
      findings.push(finding.value);
      continue;
    }
    if (!last)
      return violation(
        type === 'result' ? 'there is text after the result' : `unknown line type ${JSON.stringify(type)}`,
        findings,
      );
    if (type !== undefined && type !== 'result') return violation('the answer ends without a result', findings);
    for (const member of Object.keys(document)) {
      if (!knownAnswerMembers.some((known) => known === member)) unknownMembers.add(member);
    }
    return readResult(document, findings, unknownMembers, rules);
  }
  return violation('there is no answer on standard output', findings);
}

function readResult(
  document: object,
  streamed: AnswerFinding[],
  unknown: ReadonlySet<string>,
  rules: AnswerRules,
): Answer {
  const clipped =
    'findings' in document && Array.isArray(document.findings)
      ? { ...document, findings: document.findings.map(withClippedMessage) }
      : document;
  const parsed = parseAs(answerResultSchema, clipped);
  if (!parsed.ok) return violation(parsed.reason, streamed);
  const result = parsed.value;
  const findings = [...streamed, ...result.findings];
  if (result.request_id !== rules.request_id) return violation('request_id is not that of the request', findings);
  const stray = findings.find(({ path }) => path !== undefined && !rules.knowsPath(path));
  if (stray !== undefined)
    return violation(`a finding names ${JSON.stringify(stray.path)}, which was not delivered`, []);
  const contradiction = contradictionOf(result.status, findings);
  if (contradiction !== null) return violation(contradiction, findings);
  const messages = [...result.messages];
  if (unknown.size > 0) messages.push(`unknown members of the answer were ignored: ${[...unknown].join(', ')}`);
  return { ok: true, result, findings, messages };
}

function contradictionOf(status: AnswerResult['status'], findings: readonly AnswerFinding[]): string | null {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (status === 'pass' && errors > 0) return 'status is pass, but there are error findings';
  if (status === 'warn' && errors > 0) return 'status is warn, but there are error findings';
  if (status === 'fail' && findings.length === 0) return 'status is fail, but there are no findings';
  return null;
}

function parseAs<T>(schema: z.ZodType<T>, value: unknown): { ok: true; value: T } | { ok: false; reason: string } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong shape'}` };
}

/** A long message is shortened, not refused: it is the validator's text, not its structure. */
function withClippedMessage(finding: unknown): unknown {
  if (!isObject(finding) || typeof finding['message'] !== 'string') return finding;
  return { ...finding, message: clip(finding['message'], maxMessageBytes) };
}

function parseLines(text: string): unknown[] | null {
  const values = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseJson);
  return values.includes(undefined) ? null : values;
}

/** `undefined` is not a JSON value, so it stands for "not JSON". */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function violation(reason: string, findings: AnswerFinding[] = []): Answer {
  return { ok: false, reason, findings };
}
