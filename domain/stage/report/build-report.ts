/**
 * The report of a run (stages.md 11), also of one that was cancelled, timed out or never got a plan: one shape for the
 * terminal, machines and the database. Pure and in a fixed order: equal inputs give equal text.
 */
import type { ErrorBody } from '../../../contracts/error.ts';
import type { ComponentStepResult, RunMessage, RunReport, StagePlan, StageRunInput } from '../../../contracts/stage.ts';
import type { FinishRequest } from '../../../contracts/stage-workflow.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import { mergeResults } from '../results/merge.ts';
import { exitCodeOf, verdictOf } from '../verdict.ts';
import { summarise } from './totals.ts';
import { longestChain } from './timings.ts';

export interface ReportInput
  extends Pick<FinishRequest, 'workflow' | 'state' | 'reason' | 'error' | 'failed_steps' | 'skipped_steps'> {
  readonly input: Pick<StageRunInput, 'run_id' | 'stage' | 'correlation_id' | 'requested_at' | 'snapshot' | 'options'>;
  /** Null when the run ended before it had one. */
  readonly plan: StagePlan | null;
  readonly results: readonly ComponentStepResult[];
  /** RFC 3339 with milliseconds. */
  readonly completed_at: string;
  readonly environment: RunReport['environment'];
  /** What was measured; `overhead_ms` is computed here. */
  readonly timings?: RunReport['timings'];
  readonly messages?: readonly RunMessage[];
}

/** Builds the report of a run that has ended. */
export function buildReport(report: ReportInput): RunReport {
  const { input, plan, state } = report;
  const { snapshot } = input;
  const results = plan === null ? [] : mergeResults(plan, report.results, report);
  const errors: readonly ErrorBody[] = report.error === null ? [] : [report.error];
  const resolved = plan?.components.map(({ component }) => component) ?? [];
  const elapsed = Math.max(0, Date.parse(report.completed_at) - Date.parse(input.requested_at));
  return {
    schema_version: '1.0',
    run_id: input.run_id,
    workflow: report.workflow,
    stage: input.stage,
    mode: 'run',
    profile: plan?.profile ?? input.options.profile,
    fix: 'off',
    state,
    verdict: hasVerdict(state) ? verdictOf(results.map(({ status }) => status)) : null,
    exit_code: exitCodeOf({
      state,
      reason: report.reason,
      errors,
      results,
      deprecated: resolved.some(({ lifecycle }) => lifecycle === 'deprecated'),
      fail_on: plan?.fail_on ?? input.options.fail_on,
    }),
    correlation_id: input.correlation_id,
    started_at: input.requested_at,
    completed_at: report.completed_at,
    execution_time_ms: elapsed,
    timings: { ...report.timings, overhead_ms: Math.max(0, elapsed - longestChain(plan, report.results)) },
    environment: report.environment,
    repo: {
      id: snapshot.repo_id,
      ...(snapshot.work_tree === null ? {} : { root: snapshot.work_tree }),
      source: snapshot.source,
      head: snapshot.head,
      branch: snapshot.branch,
      from_ref: snapshot.from_ref,
      to_ref: snapshot.to_ref,
      base_tree: snapshot.base_tree,
      target_tree: snapshot.target_tree,
    },
    policy: {
      side: plan?.policy.side ?? 'target',
      config_hash: plan?.policy.config_hash ?? '',
      fail_on: plan?.fail_on ?? input.options.fail_on,
    },
    selection: {
      preset: plan?.preset ?? input.stage,
      tags: plan?.tags ?? input.options.tags,
      filter: null,
      selected: resolved.map(({ namespace, name, version }) => `${namespace}.${name}@${version}`).sort(compareUtf8),
      skipped: plan?.skipped ?? [],
      required: plan?.required ?? [],
      empty: resolved.length === 0,
    },
    resolved,
    registry: plan?.registry ?? { source: 'postgres', stale: false },
    inputs: plan?.inputs ?? { files: 0, bytes: 0, deleted: 0, too_large: 0 },
    plan: {
      plan_hash: plan?.plan_hash ?? '',
      steps: plan?.steps.length ?? 0,
      levels: plan?.levels.length ?? 0,
      concurrency: plan?.concurrency ?? 0,
      fail_fast: plan?.fail_fast ?? input.options.fail_fast ?? false,
    },
    results,
    summary: summarise(results),
    messages: [...(plan?.messages ?? snapshotMessages(snapshot.warnings)), ...(report.messages ?? [])],
    errors,
    replay_of: null,
  };
}

/** A run that was cut short by its caller or its engine has findings, but no verdict. */
function hasVerdict(state: RunReport['state']): boolean {
  return state === 'completed' || state === 'timed_out';
}

function snapshotMessages(warnings: readonly string[]): readonly RunMessage[] {
  return warnings.map((text) => ({ level: 'warning', text }));
}
