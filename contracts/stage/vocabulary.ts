/** The words of stage runs: stages, states, statuses, severities (stages.md 2, 6.2). */

export const stages = ['pre-commit', 'ci', 'test', 'exec'] as const;
export type Stage = (typeof stages)[number];

export const runStates = [
  'planning',
  'running',
  'cancelling',
  'completed',
  'cancelled',
  'timed_out',
  'errored',
] as const;
export type RunState = (typeof runStates)[number];

export const statuses = ['pass', 'fail', 'warn', 'skip', 'error'] as const;
export type Status = (typeof statuses)[number];

export const severities = ['error', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

export type Enforcement = 'required' | 'standard' | 'informational';
