/** Workflow ids (stages.md 2, registration.md 1). They are what people type into the Web UI, so they read as paths. */
import { type Stage, stages } from '../contracts/stage.ts';

/** `stage/<stage>/<run_id>`; run_id is a UUIDv7 made by the caller, so that a repeated start is harmless. */
export function stageWorkflowId(stage: Stage, runId: string): string {
  return `stage/${stage}/${runId}`;
}

/** Inverse of `stageWorkflowId`; null for ids of other workflows. */
export function parseStageWorkflowId(workflowId: string): { readonly stage: Stage; readonly runId: string } | null {
  const [kind, name, runId, ...rest] = workflowId.split('/');
  const stage = stages.find((known) => known === name);
  if (kind !== 'stage' || stage === undefined || runId === undefined || runId === '' || rest.length > 0) return null;
  return { stage, runId };
}

/** `registration/<domain>/<entity_id>`: one workflow per node and domain (registration.md 1). */
export function registrationWorkflowId(domain: string, entityId: string): string {
  return `registration/${domain}/${entityId}`;
}
