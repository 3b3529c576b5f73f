/**
 * From the stored results of steps to one result per component (stages.md 6.2, 6.6, 11), also when some steps never
 * ended: what was left out is said, and half a component never counts as passed.
 */
import { type ErrorBody, OmniBaseError } from '../../../contracts/error.ts';
import type {
  ComponentResult,
  ComponentStepResult,
  Isolation,
  PlannedComponent,
  StagePlan,
} from '../../../contracts/stage.ts';
import type { EndState, StepSkipReason } from '../../../contracts/stage-workflow.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import { runLimits } from '../limits.ts';
import { verdictOf } from '../verdict.ts';
import { compareFindings } from './order.ts';
import { errorStatus, judge, type Observation } from './judge.ts';

/** How the run ended, as far as it explains missing results. */
export interface Ending {
  readonly state: EndState;
  /** RFC 3339; the time of results that nothing produced. */
  readonly completed_at: string;
  /** Step id → error of its components without a result. */
  readonly failed_steps: Readonly<Record<string, ErrorBody>>;
  /** Step id → why it did not run to its end. */
  readonly skipped_steps: Readonly<Record<string, StepSkipReason>>;
}

/** Why a component lacks the result of a step. */
type Gap = { readonly kind: 'skip'; readonly reason: string } | { readonly kind: 'error'; readonly error: ErrorBody };

/** One result per component of the plan, sorted by level and name. */
export function mergeResults(
  plan: Pick<StagePlan, 'components' | 'steps' | 'deadline_ms'>,
  results: readonly ComponentStepResult[],
  ending: Ending,
): readonly ComponentResult[] {
  const stored = new Map(results.map((result) => [keyOf(result.step_id, result.component_uuid), result]));
  return plan.components.toSorted(byLevelAndName).map((planned) => {
    const { uuid } = planned.component;
    const steps = plan.steps.filter((step) => Object.hasOwn(step.files, uuid)).map((step) => step.id);
    const found = steps.flatMap((step) => stored.get(keyOf(step, uuid)) ?? []);
    const gaps = steps
      .filter((step) => !stored.has(keyOf(step, uuid)))
      .map((step) => explainGap(step, planned, plan.deadline_ms, ending));
    return mergeOne(planned, steps, found, gaps, ending);
  });
}

function mergeOne(
  planned: PlannedComponent,
  steps: readonly string[],
  found: readonly ComponentStepResult[],
  gaps: readonly Gap[],
  ending: Ending,
): ComponentResult {
  const observed = {
    status: verdictOf(found.map(({ status }) => status)),
    skipped_reason: found.find(({ skipped_reason }) => skipped_reason !== null)?.skipped_reason ?? null,
    findings: found.flatMap(({ findings }) => findings),
    findings_total: sum(found, 'findings_total'),
    errors: found.flatMap(({ errors }) => errors),
  };
  const judged = closeGaps(planned, found.length === 0 ? notRun : judge(planned, observed), gaps);
  const findings = judged.findings.toSorted(compareFindings).slice(0, runLimits.maxFindings);
  const outputs = found.map(({ output }) => output).filter((output) => output !== null && output !== undefined);
  return {
    component: planned.component,
    status: judged.status,
    enforcement: planned.enforcement,
    skipped_reason:
      judged.status === 'skip' ? (judged.skipped_reason ?? (found.length === 0 ? 'no-files' : 'unspecified')) : null,
    level: planned.level,
    steps,
    duration_ms: sum(found, 'duration_ms'),
    attempts: Math.max(0, ...found.map(({ attempts }) => attempts)),
    cached: 'none',
    files_checked: sum(found, 'files_checked'),
    findings,
    findings_total: judged.findings_total,
    truncated: found.some(({ truncated }) => truncated) || findings.length < judged.findings_total,
    messages: [...new Set(found.flatMap(({ messages }) => messages))],
    errors: judged.errors,
    ...(outputs.length === 0 ? {} : { output: outputs.length === 1 ? outputs[0] : outputs }),
    exit_status: worstExitStatus(found),
    isolation: weakestIsolation(planned, found),
    produced_at:
      found
        .map(({ produced_at }) => produced_at)
        .sort()
        .at(-1) ?? ending.completed_at,
  };
}

const notRun: Observation = { status: 'skip', skipped_reason: null, findings: [], findings_total: 0, errors: [] };

/** What missing steps make of the rest: an error stands beside it, and a skip turns "passed so far" into a skip. */
function closeGaps(planned: PlannedComponent, judged: Observation, gaps: readonly Gap[]): Observation {
  const errors = distinct(gaps.flatMap((gap) => (gap.kind === 'error' ? [gap.error] : [])));
  if (errors.length > 0) {
    const status = verdictOf([judged.status, errorStatus(planned, errors)]);
    return { ...judged, status, skipped_reason: null, errors: [...judged.errors, ...errors] };
  }
  const skipped = gaps.find((gap) => gap.kind === 'skip');
  if (skipped === undefined || judged.status === 'error' || judged.status === 'fail') return judged;
  return { ...judged, status: 'skip', skipped_reason: skipped.reason };
}

function explainGap(step: string, planned: PlannedComponent, deadlineMs: number, ending: Ending): Gap {
  const error = own(ending.failed_steps, step);
  if (error !== undefined) return { kind: 'error', error };
  const reason = own(ending.skipped_steps, step) ?? reasonOfState[ending.state];
  if (reason === 'deadline') return { kind: 'error', error: deadlineError(planned, deadlineMs) };
  if (reason === null) return { kind: 'error', error: lostError(planned) };
  return { kind: 'skip', reason };
}

/** What a step without a word of its own is missing for. */
const reasonOfState: Readonly<Record<EndState, StepSkipReason | null>> = {
  completed: null,
  cancelled: 'cancelled',
  timed_out: 'deadline',
  errored: 'engine',
};

function deadlineError({ component }: PlannedComponent, deadlineMs: number): ErrorBody {
  return new OmniBaseError('NE004', {
    message: `${component.name} was not finished when the stage deadline of ${deadlineMs} ms passed`,
    details: { component: component.name, timeout_ms: deadlineMs },
    next: 'raise --timeout or stages.<stage>.timeout_ms',
  }).toBody();
}

/** A run that completed without it: never a silent pass. */
function lostError({ component }: PlannedComponent): ErrorBody {
  return new OmniBaseError('NE001', {
    details: { component: component.name, reason: 'no result was stored' },
  }).toBody();
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function distinct(errors: readonly ErrorBody[]): readonly ErrorBody[] {
  return [...new Map(errors.map((error) => [`${error.code} ${error.message}`, error])).values()];
}

function keyOf(step: string, uuid: string): string {
  return `${step} ${uuid}`;
}

function byLevelAndName(a: PlannedComponent, b: PlannedComponent): number {
  return (
    a.level - b.level ||
    compareUtf8(a.component.name, b.component.name) ||
    compareUtf8(a.component.namespace, b.component.namespace) ||
    compareUtf8(a.component.uuid, b.component.uuid)
  );
}

function sum(found: readonly ComponentStepResult[], key: 'findings_total' | 'duration_ms' | 'files_checked'): number {
  return found.reduce((total, result) => total + result[key], 0);
}

/** The one of a batch that did not end well, else the last. */
function worstExitStatus(found: readonly ComponentStepResult[]): ComponentResult['exit_status'] {
  const statuses = found.flatMap(({ exit_status }) => exit_status ?? []);
  return statuses.find(({ code, signal }) => code !== 0 || signal !== null) ?? statuses.at(-1) ?? null;
}

/** Only what held in every step is claimed: the isolation with the fewest `yes`. */
function weakestIsolation(planned: PlannedComponent, found: readonly ComponentStepResult[]): Isolation {
  const enforced = ({ isolation }: ComponentStepResult) =>
    Object.values(isolation.enforced).filter((value) => value === 'yes').length;
  return found.toSorted((a, b) => enforced(a) - enforced(b))[0]?.isolation ?? notIsolated(planned);
}

/** For a component that nothing ran: the tier it would have had, and nothing enforced. */
function notIsolated({ entrypoint }: PlannedComponent): Isolation {
  return {
    tier: entrypoint.kind === 'builtin' ? 'thread' : 'process',
    namespaces: [],
    limits_by: 'none',
    sweep: 'none',
    enforced: { fs_read: 'no', fs_write: 'no', network: 'no', processes: 'no', memory: 'no' },
  };
}
