/** Records, entries, plans and results for tests of stage runs: valid by themselves, changed where a test cares. */
import { createHash } from 'node:crypto';
import type { ComponentMetadata, ComponentRecord, RegistryFacts } from '../../../../contracts/component.ts';
import type {
  ComponentStepResult,
  Finding,
  PlannedComponent,
  StageEntry,
  StageOptions,
  StagePlan,
  StageSettings,
  StageSnapshot,
} from '../../../../contracts/stage.ts';
import { type PlanInput, buildPlan } from '../../../../domain/stage/plan/build-plan.ts';
import { selectComponents } from '../../../../domain/stage/selection/select.ts';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A uuid that follows from its name, so that tests need no table of them. */
export function uuidOf(name: string): string {
  return sha256(name).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

export const noOptions: StageOptions = {
  tags: [],
  any_tag: [],
  only: [],
  skip: [],
  env_skip: [],
  profile: null,
  lifecycle: [],
  no_preset: false,
  allow_empty: false,
  fail_fast: null,
  timeout_ms: null,
  concurrency: null,
  fail_on: [],
};

export const noSettings: StageSettings = { required: [], components: {} };

/** An active built-in validator `local.<name>@1.0.0` tagged pre-commit and ci. */
export function record(
  name: string,
  metadata: Partial<ComponentMetadata> = {},
  registry: Partial<RegistryFacts> = {},
): ComponentRecord {
  const version = metadata.version ?? '1.0.0';
  return {
    metadata: {
      uuid: uuidOf(`${metadata.namespace ?? 'local'}.${name}@${version}`),
      type: 'validator',
      namespace: 'local',
      name,
      version,
      metadata_version: '0.2.1',
      protocol_version: '1.1.0',
      schema_version: '1.1.0',
      state_contract: 'state_contract://default',
      lifecycle: 'active',
      status: 'active',
      tags: ['ci', 'pre-commit'],
      provides: [],
      capabilities_required: [],
      protocols_supported: [],
      base_class: [],
      subgraph: [],
      os_requirements: [],
      compliance_profiles: [],
      dependencies: [],
      entrypoint: { kind: 'builtin', id: name },
      idempotent: true,
      inputs: [],
      outputs: [],
      environment: [],
      execution_mode: 'sync',
      x_extensions: {},
      ...metadata,
    },
    registry: {
      revision: 1,
      fingerprint: sha256(`${name}@${version}`),
      trust_level: 'unverified',
      quarantined: false,
      wip: false,
      source: { kind: 'file', ref: `${name}.yml` },
      registered_at: '2026-01-01T00:00:00.000Z',
      updated_at: '2026-01-01T00:00:00.000Z',
      ...registry,
    },
  };
}

/** A command validator. */
export function commandRecord(name: string, metadata: Partial<ComponentMetadata> = {}): ComponentRecord {
  return record(name, {
    entrypoint: { kind: 'command', program: name, args: ['{files}'] },
    idempotent: false,
    ...metadata,
  });
}

/** A dependency on another validator by name. */
export function needs(name: string, version_spec = '*', required = true): ComponentMetadata['dependencies'][number] {
  return { kind: 'depends_on', target: { type: 'validator', name }, version_spec, required };
}

export function entry(path: string, changes: Partial<StageEntry> = {}): StageEntry {
  return {
    path,
    status: 'modified',
    mode: '100644',
    kind: 'file',
    blob: sha256(path).slice(0, 40),
    size: 100,
    types: ['file', 'text'],
    ...changes,
  };
}

export const snapshot: StageSnapshot = {
  source: 'index',
  git_dir: '/repo/.git',
  work_tree: '/repo',
  object_directories: [],
  head: 'a'.repeat(40),
  branch: 'main',
  from_ref: null,
  to_ref: null,
  base_tree: 'b'.repeat(40),
  target_tree: 'c'.repeat(40),
  merge_trees: [],
  paths: null,
  repo_id: 'repo-1',
  warnings: [],
};

export function planInput(records: readonly ComponentRecord[], changes: Partial<PlanInput> = {}): PlanInput {
  const stage = changes.stage ?? 'pre-commit';
  const options = changes.options ?? { ...noOptions, allow_empty: true };
  const settings = changes.settings ?? noSettings;
  return {
    stage,
    snapshot,
    entries: [entry('a.json'), entry('b.yaml')],
    tooLarge: 0,
    selection: selectComponents({ stage, candidates: records, options, settings }),
    options,
    settings,
    registry: { source: 'postgres', stale: false, age_s: 0 },
    policy: { side: 'target', config_hash: '' },
    cores: 2,
    implementationOf: () => null,
    sha256,
    ...changes,
  };
}

export function plan(records: readonly ComponentRecord[], changes: Partial<PlanInput> = {}): StagePlan {
  return buildPlan(planInput(records, changes));
}

/** The planned form of one record. */
export function planned(name: string, changes: Partial<PlannedComponent> = {}): PlannedComponent {
  const [component] = plan([record(name)]).components;
  if (component === undefined) throw new Error('the plan has no component');
  return { ...component, ...changes };
}

export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    rule: 'json/syntax',
    severity: 'error',
    message: 'unexpected end of input',
    path: 'a.json',
    line: 1,
    column: 1,
    fingerprint: '0'.repeat(32),
    fixable: false,
    ...changes,
  };
}

export function result(name: string, changes: Partial<ComponentStepResult> = {}): ComponentStepResult {
  const findings = changes.findings ?? [];
  return {
    component_uuid: uuidOf(`local.${name}@1.0.0`),
    step_id: 's1',
    status: findings.some(({ severity }) => severity === 'error') ? 'fail' : 'pass',
    skipped_reason: null,
    findings,
    findings_total: findings.length,
    truncated: false,
    messages: [],
    errors: [],
    output: null,
    exit_status: null,
    duration_ms: 10,
    attempts: 1,
    files_checked: 2,
    isolation: {
      tier: 'thread',
      namespaces: [],
      limits_by: 'worker',
      sweep: 'none',
      enforced: { fs_read: 'no', fs_write: 'no', network: 'no', processes: 'no', memory: 'yes' },
    },
    produced_at: '2026-01-01T00:00:01.000Z',
    ...changes,
  };
}
