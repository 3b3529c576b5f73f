/** Run reports for rendering tests: a good, complete one, changed where a test needs it. */
import type { ComponentResult, Finding, RunReport, Status } from '../../../../contracts/stage.ts';

export const runId = '0199c7a1-b2c3-7d4e-8f50-123456789abc';

export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    rule: 'trailing-whitespace/blank-at-eol',
    severity: 'error',
    message: '2 blanks at end of line',
    path: 'src/app.ts',
    line: 12,
    column: 31,
    fingerprint: '0'.repeat(32),
    fixable: true,
    ...changes,
  };
}

export function result(name: string, status: Status, changes: Partial<ComponentResult> = {}): ComponentResult {
  return {
    component: {
      uuid: '00000000-0000-4000-8000-000000000000',
      namespace: 'omnibase',
      name,
      version: '0.1.0',
      spec: null,
      lifecycle: 'active',
      source: 'package omnibase',
      fingerprint: 'f'.repeat(64),
      implementation: null,
      selected_by: 'preset',
    },
    status,
    enforcement: 'standard',
    skipped_reason: status === 'skip' ? 'no-files' : null,
    level: 0,
    steps: ['s1'],
    duration_ms: 5,
    attempts: 1,
    cached: 'none',
    files_checked: status === 'skip' ? 0 : 14,
    findings: [],
    findings_total: 0,
    truncated: false,
    messages: [],
    errors: [],
    exit_status: null,
    isolation: {
      tier: 'thread',
      namespaces: [],
      limits_by: 'none',
      sweep: 'none',
      enforced: { fs_read: 'no', fs_write: 'no', network: 'no', processes: 'no', memory: 'no' },
    },
    produced_at: '2026-01-01T00:00:00.100Z',
    ...changes,
  };
}

export function report(results: readonly ComponentResult[], changes: Partial<RunReport> = {}): RunReport {
  const findings = results.flatMap((one) => one.findings);
  const having = (status: Status): number => results.filter((one) => one.status === status).length;
  const graded = (severity: Finding['severity']): number => findings.filter((one) => one.severity === severity).length;
  const failed = having('fail') + having('error') > 0;
  return {
    schema_version: '1.0',
    run_id: runId,
    workflow: { id: `stage/pre-commit/${runId}`, namespace: 'default' },
    stage: 'pre-commit',
    mode: 'run',
    profile: null,
    fix: 'off',
    state: 'completed',
    verdict: failed ? 'fail' : 'pass',
    exit_code: failed ? 1 : 0,
    correlation_id: 'c-1',
    started_at: '2026-01-01T00:00:00.000Z',
    completed_at: '2026-01-01T00:00:00.168Z',
    execution_time_ms: 168,
    timings: {},
    environment: { version: '0.1.0', node: '24.0.0', git: '2.47.0', platform: 'linux', host_id: 'h', cpus: 2 },
    repo: {
      id: 'r',
      source: 'index',
      head: `81d0e77${'0'.repeat(33)}`,
      branch: 'main',
      from_ref: null,
      to_ref: null,
      base_tree: null,
      target_tree: `a41f0c2${'0'.repeat(33)}`,
    },
    policy: { side: 'target', config_hash: '', fail_on: [] },
    selection: { preset: 'pre-commit', tags: [], filter: null, selected: [], skipped: [], required: [], empty: false },
    resolved: results.map(({ component }) => component),
    registry: { source: 'postgres', stale: false },
    inputs: { files: 14, bytes: 1000, deleted: 0, too_large: 0 },
    plan: { plan_hash: 'p', steps: 1, levels: 1, concurrency: 4, fail_fast: false },
    results,
    summary: {
      total: results.length,
      passed: having('pass'),
      failed: having('fail'),
      warned: having('warn'),
      skipped: having('skip'),
      errored: having('error'),
      findings: {
        error: graded('error'),
        warning: graded('warning'),
        info: graded('info'),
        suppressed: 0,
        fixable: findings.filter(({ fixable }) => fixable).length,
      },
      cache: { hits: 0, misses: results.length },
    },
    messages: [],
    errors: [],
    replay_of: null,
    ...changes,
  };
}
