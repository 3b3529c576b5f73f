/** From a selected record to everything a runner needs, so that it never asks the registry again (stages.md 5, 6.4). */
import type { ComponentRecord } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { PlannedComponent, ResolvedComponent, Stage } from '../../../contracts/stage.ts';
import { planEntrypoint } from '../entrypoints.ts';
import { runLimits, stageLimits } from '../limits.ts';
import type { RunnableType } from '../presets.ts';
import { nameOf, type SelectedComponent } from '../selection/selected.ts';

/** Where metadata names no resources (registry.md 2.4). */
const defaultResources = { memory_mb: 256, cpu: 1, disk_mb: 1024, pids: 64 } as const;

/**
 * @param level topological level, from `levelsOf`
 * @param implementation hash of the code that will run, null where it is not known before the run
 * @throws OR005 for an entrypoint that no runner starts; selection has refused those before
 */
export function planComponent(
  selected: SelectedComponent,
  stage: Stage,
  level: number,
  implementation: string | null,
): PlannedComponent {
  const { record, settings } = selected;
  const { metadata } = record;
  const plan = planEntrypoint(metadata);
  if (!plan.supported)
    throw new OmniBaseError('OR005', { details: { ref: nameOf(record), stage, reason: plan.reason } });
  const limit = severityLimit(selected);
  return {
    component: resolvedComponent(selected, implementation),
    type: runnableType(metadata.type),
    enforcement: selected.enforcement,
    entrypoint: plan.entrypoint,
    scope: metadata.scope ?? 'batch',
    // Everything reads until fixing is asked for.
    mode: 'read',
    idempotent: metadata.idempotent,
    attempts: metadata.retries === undefined ? defaultAttempts(metadata.idempotent) : metadata.retries + 1,
    timeout_ms: timeoutOf(selected, stage),
    resources: metadata.resources ?? defaultResources,
    options: settings.options ?? {},
    needs: metadata.needs ?? [],
    rules: settings.rules ?? {},
    expected_result: metadata.type === 'test' ? (metadata.expected_result ?? 'pass') : null,
    environment: metadata.environment,
    level,
    weight: metadata.weight ?? null,
    depends_on: selected.depends_on.toSorted(),
    ...(limit === null ? {} : { severity_limit: limit }),
    ...(settings.severity === undefined ? {} : { severity_map: settings.severity }),
    performance: metadata.performance ?? 'standard',
  };
}

function resolvedComponent(selected: SelectedComponent, implementation: string | null): ResolvedComponent {
  const { metadata, registry }: ComponentRecord = selected.record;
  return {
    uuid: metadata.uuid,
    namespace: metadata.namespace,
    name: metadata.name,
    version: metadata.version,
    spec: selected.spec,
    lifecycle: metadata.lifecycle,
    source: `${registry.source.kind}:${registry.source.ref}`,
    fingerprint: registry.fingerprint,
    implementation,
    selected_by: selected.selected_by,
  };
}

/** Metadata is capped by the stage; the project's configuration may go beyond the cap, to an hour. */
function timeoutOf({ record, settings }: SelectedComponent, stage: Stage): number {
  if (settings.timeout_ms !== undefined) return Math.min(settings.timeout_ms, runLimits.configurableTimeoutMs);
  return Math.min(record.metadata.timeout_ms ?? runLimits.defaultTimeoutMs, stageLimits[stage].componentTimeoutCapMs);
}

function defaultAttempts(idempotent: boolean): number {
  return idempotent ? runLimits.idempotentAttempts : 1;
}

/** What metadata says; informational without a word of it still never fails a run. */
function severityLimit({ record, enforcement }: SelectedComponent): 'warning' | 'info' | null {
  const { severity } = record.metadata;
  if (severity !== undefined && severity !== 'error') return severity;
  return enforcement === 'informational' ? 'warning' : null;
}

function runnableType(type: string): RunnableType {
  return type === 'test' || type === 'tool' ? type : 'validator';
}
