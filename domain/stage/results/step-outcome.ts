/**
 * What a finished step tells the workflow (stages.md 6.4, 6.8): counts, never content, as they count in the run.
 */
import type { ComponentStepResult, Finding, PlannedComponent, StepOutcome } from '../../../contracts/stage.ts';
import { exitOfResult } from '../verdict.ts';
import { judge } from './judge.ts';
import { compareFindings } from './order.ts';

/** Lines of the card in the Web UI. */
const maxHeadlines = 5;
const maxHeadlineLength = 160;

/**
 * The outcome of one step.
 *
 * @param results what the components of the step answered, as stored
 * @param durationMs wall time of the step
 */
export function outcomeOf(
  stepId: string,
  components: readonly PlannedComponent[],
  results: readonly ComponentStepResult[],
  durationMs: number,
): StepOutcome {
  const planned = new Map(components.map((component) => [component.component.uuid, component]));
  const judged = results.flatMap((result) => {
    const component = planned.get(result.component_uuid);
    return component === undefined ? [] : [{ component, observed: judge(component, result) }];
  });
  return {
    step_id: stepId,
    results: judged.map(({ component, observed }) => ({
      uuid: component.component.uuid,
      status: observed.status,
      findings: observed.findings_total,
      exit: exitOfResult(observed),
      blocking:
        component.enforcement !== 'informational' && (observed.status === 'fail' || observed.status === 'error'),
    })),
    duration_ms: durationMs,
    headlines: judged
      .flatMap(({ component, observed }) => headlinesOf(component.component.name, observed))
      .slice(0, maxHeadlines),
  };
}

/** First errors of a component, one line each: `src/app.ts:12:31 json/syntax unexpected end of input`. */
export function headlinesOf(
  name: string,
  observed: Pick<ReturnType<typeof judge>, 'findings' | 'errors'>,
): readonly string[] {
  const findings = observed.findings
    .filter(({ severity, suppressed }) => severity === 'error' && suppressed === undefined)
    .toSorted(compareFindings)
    .slice(0, maxHeadlines)
    .map((finding) => [placeOf(finding), finding.rule, finding.message].filter((part) => part !== '').join(' '));
  const errors = observed.errors.map(({ code, message }) => `${name} ${code} ${message}`);
  return [...errors, ...findings].slice(0, maxHeadlines).map(oneLine);
}

function placeOf({ path, line, column }: Finding): string {
  return [path ?? '', line, column].filter((part) => part !== undefined).join(':');
}

/** Control and direction characters shown as `\xNN` or `\uNNNN`, at most 160 characters, never half a surrogate pair. */
function oneLine(text: string): string {
  const visible = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, '0');
    return code.length === 2 ? `\\x${code}` : `\\u${code}`;
  });
  return visible.length <= maxHeadlineLength ? visible : `${visible.slice(0, maxHeadlineLength - 1).toWellFormed()}…`;
}
