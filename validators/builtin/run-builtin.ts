/** One built-in over its files: problems become findings with place, fingerprint and suppression (stages.md 7.2, 8). */
import type { Finding, Severity } from '../../contracts/stage.ts';
import { type FindingDraft, fingerprintFindings } from '../findings/fingerprint.ts';
import { allowMark, applyInlineAllow } from '../findings/inline-allow.ts';
import type { CheckedFile } from './checked-file.ts';
import type { BuiltinDefinition, GivenOptions, Problem, RunFacts } from './definition.ts';

export interface BuiltinAnswer {
  readonly findings: readonly Finding[];
  /** All that were found; `findings` holds at most 5,000 of them. */
  readonly findings_total: number;
  readonly files_checked: number;
}

export interface BuiltinRequest {
  readonly options: GivenOptions;
  /** Required validators do not listen to comments that allow a finding. */
  readonly inlineAllow: boolean;
  readonly facts: RunFacts;
}

/** Findings kept per component. */
export const maxFindings = 5000;
/** How much of a line makes a fingerprint; a line of megabytes is not hashed for each of its findings. */
const fingerprintedLine = 1000;
const maxMessageLength = 1000;

/**
 * Checks files in their order.
 *
 * @throws OmniBaseError OR020 when the options do not fit
 */
export function runBuiltin(
  definition: BuiltinDefinition,
  request: BuiltinRequest,
  files: Iterable<CheckedFile>,
): BuiltinAnswer {
  const check = definition.start(request.options);
  const findings: Finding[] = [];
  let total = 0;
  let count = 0;
  for (const file of files) {
    count += 1;
    const drafts: FindingDraft[] = [];
    const report = (problem: Problem | (() => Problem)) => {
      total += 1;
      if (findings.length + drafts.length >= maxFindings) return;
      drafts.push(draftOf(definition, file, typeof problem === 'function' ? problem() : problem));
    };
    check({ file, facts: request.facts, report });
    if (drafts.length > 0) findings.push(...finish(drafts, file, request.inlineAllow));
  }
  return { findings, findings_total: total, files_checked: count };
}

function draftOf(definition: BuiltinDefinition, file: CheckedFile, problem: Problem): FindingDraft {
  const severity: Severity = problem.severity ?? definition.rules[problem.rule]?.severity ?? 'error';
  return {
    rule: `${definition.id}/${problem.rule}`,
    severity,
    message: problem.message.slice(0, maxMessageLength),
    path: file.path,
    ...(file.path_bytes === undefined ? {} : { path_bytes: file.path_bytes }),
    ...placeOf(file, problem),
    ...(problem.suggestion === undefined ? {} : { suggestion: problem.suggestion }),
  };
}

function placeOf(file: CheckedFile, { location }: Problem): Partial<FindingDraft> {
  if (location === null) return {};
  if ('line' in location) return location;
  const start = file.positionOfByte(location.at);
  if (location.to === undefined) return start;
  const end = file.positionOfByte(location.to);
  return { ...start, end_line: end.line, end_column: end.column };
}

function finish(drafts: readonly FindingDraft[], file: CheckedFile, inlineAllow: boolean): Finding[] {
  const lineText = (line: number) => file.lineText(line);
  const findings = fingerprintFindings(drafts, (_, line) => lineText(line).slice(0, fingerprintedLine));
  if (!inlineAllow || !file.includes(allowMark)) return findings;
  return findings.map((finding) => applyInlineAllow(finding, lineText));
}
