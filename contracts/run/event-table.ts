/**
 * Event types of runs (runs.md 11): severity and topic suffix of each. Without zod, so that workflows and builders share
 * it with readers.
 */
import type { Severity } from './vocabulary.ts';

/** `health`: by the health that is reached; `error`: by the state that is reached; a text: always that one. */
export interface RunEventRule {
  readonly severity: Severity | 'health' | 'error';
  readonly suffix: 'none' | 'error' | 'health' | 'commands';
  /** Ephemeral events are neither stored nor numbered. */
  readonly durable: boolean;
}

export const runEventTable = {
  'run.created': { severity: 'info', suffix: 'none', durable: true },
  'run.state_changed': { severity: 'error', suffix: 'error', durable: true },
  'run.reset': { severity: 'info', suffix: 'none', durable: true },
  'artifact.created': { severity: 'info', suffix: 'none', durable: true },
  'run.health_changed': { severity: 'health', suffix: 'health', durable: true },
  'run.health_override': { severity: 'info', suffix: 'health', durable: true },
  'run.terminate_recommended': { severity: 'warning', suffix: 'health', durable: true },
  'run.start_overdue': { severity: 'warning', suffix: 'health', durable: true },
  'command.queued': { severity: 'info', suffix: 'commands', durable: true },
  'command.delivered': { severity: 'info', suffix: 'commands', durable: true },
  'command.redelivered': { severity: 'info', suffix: 'commands', durable: true },
  'command.acknowledged': { severity: 'info', suffix: 'commands', durable: true },
  'command.rejected': { severity: 'warning', suffix: 'commands', durable: true },
  'command.expired': { severity: 'warning', suffix: 'commands', durable: true },
  'command.superseded': { severity: 'info', suffix: 'commands', durable: true },
  'command.unconfirmed': { severity: 'warning', suffix: 'commands', durable: true },
  'tune.applied': { severity: 'info', suffix: 'commands', durable: true },
  'tune.rejected': { severity: 'warning', suffix: 'commands', durable: true },
  'run.progress': { severity: 'info', suffix: 'none', durable: false },
  'checkpoint.advanced': { severity: 'info', suffix: 'none', durable: false },
} as const satisfies Readonly<Record<string, RunEventRule>>;

export type RunEventType = keyof typeof runEventTable;
export const runEventTypes = Object.keys(runEventTable) as readonly RunEventType[];
