/** The result of one built-in, added up from the shares of the threads that ran it. */
import type { ErrorBody } from '../../../contracts/error.ts';
import type { ComponentStepResult, Finding, Isolation, PlannedComponent, Status } from '../../../contracts/stage.ts';
import { compareFindings } from '../../../domain/stage/results/order.ts';
import { maxFindings } from '../../builtin/run-builtin.ts';
import type { ShardResponse } from './messages.ts';
import type { Shard } from './shards.ts';

/** What a worker thread keeps apart: heap and time, nothing else. */
const threadIsolation: Isolation = {
  tier: 'thread',
  namespaces: [],
  limits_by: 'thread',
  sweep: 'none',
  enforced: { fs_read: 'no', fs_write: 'no', network: 'no', processes: 'no', memory: 'yes' },
};

export interface Tally {
  /** Takes one share; true when it was the last. */
  add(response: ShardResponse): boolean;
  result(stepId: string, attempt: number): ComponentStepResult;
}

export function startTally(planned: PlannedComponent, shards: readonly Shard[]): Tally {
  const { uuid } = planned.component;
  const findings: Finding[] = [];
  const errors: ErrorBody[] = [];
  let open = shards.filter(({ components }) => components.some((component) => component.uuid === uuid)).length;
  let total = 0;
  let files = 0;
  let durationMs = 0;
  return {
    add({ outcome, duration_ms }) {
      open -= 1;
      // The shares run side by side.
      durationMs = Math.max(durationMs, duration_ms);
      if ('error' in outcome) errors.push(outcome.error);
      else {
        findings.push(...outcome.findings);
        total += outcome.findings_total;
        files += outcome.files_checked;
      }
      return open === 0;
    },
    result(stepId, attempt) {
      const kept = findings.sort(compareFindings).slice(0, maxFindings);
      return {
        component_uuid: uuid,
        step_id: stepId,
        status: errors.length > 0 ? 'error' : statusOf(kept),
        skipped_reason: null,
        findings: kept,
        findings_total: total,
        truncated: total > kept.length,
        messages: [],
        errors: errors.slice(0, 1),
        output: null,
        exit_status: null,
        duration_ms: Math.round(durationMs * 1000) / 1000,
        attempts: attempt,
        files_checked: files,
        isolation: threadIsolation,
        produced_at: new Date().toISOString(),
      };
    },
  };
}

function statusOf(findings: readonly Finding[]): Status {
  const counted = findings.filter(({ suppressed }) => suppressed === undefined);
  if (counted.some(({ severity }) => severity === 'error')) return 'fail';
  return counted.some(({ severity }) => severity === 'warning') ? 'warn' : 'pass';
}
