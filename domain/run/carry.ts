/**
 * What a workflow hands to its next run (runs.md 12): bounded at the worst, and read again against the row on arrival. So
 * payloads of commands stay behind, and of what waits only what fits goes along.
 */
import { largestCarry } from '../../contracts/run/limits.ts';
import type { CarriedItem, HeldRunBeat, RunCarried, RunCounters, RunMemory } from '../../contracts/run/memory.ts';
import { utf8Length } from '../text/bytes.ts';
import { type DeadlineSettings, runDeadlines } from './deadlines.ts';

export interface Baggage {
  readonly inbox: readonly CarriedItem[];
  readonly held_beat: HeldRunBeat | null;
  readonly counters: RunCounters;
}

/** Whether so much can wait in the inbox and still be carried. What does not fit has to be worked off before. */
export function canCarry(memory: RunMemory, baggage: Baggage, settings: DeadlineSettings): boolean {
  return utf8Length(JSON.stringify(carryRun(memory, baggage, settings))) < largestCarry;
}

export function carryRun(memory: RunMemory, baggage: Baggage, settings: DeadlineSettings): RunCarried {
  return {
    schema_version: 1,
    memory: { ...memory, commands: memory.commands.map((command) => ({ ...command, payload: null })) },
    deadlines: runDeadlines(memory, settings),
    inbox: baggage.inbox,
    held_beat: baggage.held_beat === null ? null : { ...baggage.held_beat, beat: trimmed(baggage.held_beat) },
    counters: baggage.counters,
  };
}

/** Notes may be long and matter only with an error, which is never held. */
function trimmed({ beat }: HeldRunBeat): HeldRunBeat['beat'] {
  return { ...beat, notes: null };
}

/** Names of the workflow of a run. Ids have no slash. */
export function runWorkflowId(runId: string): string {
  return `run/${runId}`;
}

export function parseRunWorkflowId(workflowId: string): string | null {
  const [kind, runId, ...rest] = workflowId.split('/');
  return kind === 'run' && runId !== undefined && runId !== '' && rest.length === 0 ? runId : null;
}
