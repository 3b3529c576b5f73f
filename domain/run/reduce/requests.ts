/** What creation, reports, resets and overrides do (runs.md 3, 4.4). */
import type { RunStep } from '../../../contracts/run/projection.ts';
import type { CreateRunOrder, OverrideRequest, ReportRequest, ResetRequest } from '../../../contracts/run/workflow.ts';
import type { RunMemory } from '../../../contracts/run/memory.ts';
import { judgeOpenRun, judgeReport } from '../commands/guards.ts';
import { nextRunState } from '../states.ts';
import { answered, auditDraft, moveStep, nothing, project } from './changes.ts';
import type { ReduceContext, Reduced } from './types.ts';

/** Once; the same request again is answered with the run, another under this id refused. */
export function reduceCreate(memory: RunMemory, order: CreateRunOrder, context: ReduceContext): Reduced {
  if (memory.state !== null) {
    return memory.body_hash === order.body_hash
      ? nothing(memory, answered)
      : nothing(memory, { effect: 'refuse', code: 'run_id_reused', details: { id: memory.run_id } });
  }
  const run = { ...order.request, policy: order.policy, body_hash: order.body_hash };
  return project(memory, [{ step: 'create', run }], context, { effects: [answered] });
}

export function reduceReport(memory: RunMemory, { report, origin }: ReportRequest, context: ReduceContext): Reduced {
  const { state } = memory;
  if (state === null) return unknownRun(memory);
  const verdict = judgeReport({ ...memory, state }, report.kind, report.attempt);
  if (verdict.verdict === 'refuse') {
    return nothing(memory, { effect: 'refuse', code: verdict.code, details: verdict.details });
  }
  const to = verdict.verdict === 'accept' ? nextRunState(state, `report_${report.kind}`) : null;
  if (to === null) return nothing(memory, answered);
  const { actor, kind } = report;
  const reason = report.reason ?? `reported ${kind}`;
  const counters: RunStep = {
    step: 'counters',
    current_step: report.step ?? null,
    checkpoint_version: report.checkpoint_version ?? null,
  };
  const last_error = kind === 'failed' ? reason : null;
  const steps = [counters, moveStep(to, { by: 'report', actor, reason, last_error })];
  const audit = auditDraft({ action: 'report', verdict: 'accepted', actor, origin, payload: report });
  return project(memory, steps, context, { audit: [audit], effects: [answered] });
}

/** Grants the next attempt; the state stays. */
export function reduceReset(memory: RunMemory, { reset, origin }: ResetRequest, context: ReduceContext): Reduced {
  if (memory.state === null) return unknownRun(memory);
  const refusal = judgeOpenRun({ ...memory, state: memory.state });
  if (refusal !== null) return nothing(memory, { effect: 'refuse', ...refusal });
  const { actor, reason } = reset;
  const audit = auditDraft({ action: 'reset', verdict: 'accepted', actor, origin, payload: reset });
  return project(memory, [{ step: 'reset', actor, reason }], context, {
    audit: [audit],
    effects: [answered],
    next_attempt: true,
  });
}

/** A second override replaces the first. */
export function reduceOverride(
  memory: RunMemory,
  { override, origin }: OverrideRequest,
  context: ReduceContext,
): Reduced {
  if (memory.state === null) return unknownRun(memory);
  const refusal = judgeOpenRun({ ...memory, state: memory.state });
  if (refusal !== null) return nothing(memory, { effect: 'refuse', ...refusal });
  const { actor, reason, extend_seconds } = override;
  const audit = auditDraft({ action: 'health_override', verdict: 'accepted', actor, origin, payload: override });
  return project(memory, [{ step: 'override', extend_s: extend_seconds, actor, reason }], context, {
    audit: [audit],
    effects: [answered],
  });
}

function unknownRun(memory: RunMemory): Reduced {
  return nothing(memory, { effect: 'refuse', code: 'run_not_found', details: { id: memory.run_id } });
}
