/**
 * What the workflow of a run remembers (runs.md 12): always what the database last said, plus what only the workflow
 * knows. So a change that was applied, one that was overtaken and a run that is adopted all arrive by the same way.
 */
import type { RunSummary } from '../../contracts/run/answers.ts';
import { mostRecentCommands } from '../../contracts/run/limits.ts';
import type { ProjectionAnswer, StoredRun } from '../../contracts/run/projection.ts';
import type { RunPolicy } from '../../contracts/run/settings.ts';
import type { LivenessReading } from '../../contracts/run/workflow.ts';
import type { RecentCommand, RunMemory } from '../../contracts/run/memory.ts';
import { pathSilenceLimit } from '../deadlines/path.ts';
import { rememberCommand } from './commands/progress.ts';
import { isDeaf, silentSince } from './health/silence.ts';
import { instantOf, instantOrNull } from './time.ts';

/** Before the first projection. */
export function emptyMemory(runId: string, policy: RunPolicy, bodyHash: string, nonce: string | null): RunMemory {
  return {
    run_id: runId,
    experiment_id: null,
    owner: null,
    state: null,
    desired_state: 'running',
    attempt: 1,
    state_version: 0,
    runtime_status: null,
    health: 'healthy',
    health_since: 0,
    episode: 0,
    unresponsive_episode: null,
    page_state: null,
    status_message: null,
    state_entered_at: 0,
    grace_until: null,
    terminate_deadline_at: null,
    policy,
    body_hash: bodyHash,
    nonce,
    step: 0,
    checkpoint_version: 0,
    heard_at: null,
    told_cadence_s: policy.cadence_s,
    last_edge_at: null,
    looked_at: 0,
    look_again_at: null,
    commands: [],
    terminate_id: null,
    recent_commands: [],
    incident_id: null,
  };
}

/** The memory of a run that another workflow began. */
export function adoptedMemory(stored: StoredRun, bodyHash: string, now: number): RunMemory {
  const empty = emptyMemory(stored.run.id, stored.run.policy, bodyHash, null);
  return { ...absorbStored(empty, stored), looked_at: now };
}

/** The memory with what the database has; nothing it holds of its own is lost. */
export function absorbStored(memory: RunMemory, { run, commands, terminate_id }: StoredRun): RunMemory {
  const entered = instantOf(run.state_entered_at);
  const granted = instantOf(run.attempt_granted_at);
  const beat = instantOrNull(run.last_heartbeat_at) ?? Number.NEGATIVE_INFINITY;
  const renewed = run.attempt !== memory.attempt || run.state !== memory.state;
  return {
    ...memory,
    experiment_id: run.experiment_id,
    owner: run.owner,
    state: run.state,
    desired_state: run.desired_state,
    attempt: run.attempt,
    state_version: run.state_version,
    runtime_status: run.runtime_status,
    health: run.health_status,
    health_since: instantOf(run.health_since),
    episode: run.episode,
    unresponsive_episode: run.unresponsive_episode,
    page_state: run.page_state,
    status_message: run.status_message,
    state_entered_at: entered,
    grace_until: instantOrNull(run.grace_until),
    terminate_deadline_at: instantOrNull(run.terminate_deadline_at),
    policy: run.policy,
    step: run.current_step ?? 0,
    checkpoint_version: run.checkpoint_version ?? 0,
    // What the last look knew of our own outages stays true within a state.
    heard_at: Math.max(entered, granted, beat, renewed ? Number.NEGATIVE_INFINITY : (memory.heard_at ?? 0)),
    commands: commands
      .map(rememberCommand)
      .filter((command) => command !== null)
      .toSorted((a, b) => a.seq - b.seq),
    terminate_id,
  };
}

/** After a projection. What was overtaken is taken over; after a void verdict the row is looked at again shortly. */
export function absorbAnswer(memory: RunMemory, answer: ProjectionAnswer): RunMemory {
  if (answer.stored === null) return memory;
  const absorbed = absorbStored(memory, answer.stored);
  return answer.result === 'void' ? { ...absorbed, look_again_at: instantOf(answer.now) + shortly } : absorbed;
}

/** After a look at the liveness row. */
export function absorbReading(memory: RunMemory, reading: LivenessReading): RunMemory {
  const absorbed = absorbStored(memory, reading.stored);
  const { run } = reading.stored;
  const beat = reading.beat !== null && reading.beat.attempt === run.attempt ? reading.beat : null;
  const facts = {
    last_heartbeat_at: beat?.last_heartbeat_at ?? null,
    state_entered_at: absorbed.state_entered_at,
    attempt_granted_at: instantOf(run.attempt_granted_at),
    via: beat?.via ?? null,
  };
  const graceUntil = beat === null ? absorbed.grace_until : beat.grace_until;
  return {
    ...absorbed,
    step: beat?.step ?? absorbed.step,
    checkpoint_version: beat?.checkpoint_version ?? absorbed.checkpoint_version,
    heard_at: silentSince(facts, reading),
    told_cadence_s: beat?.cadence_s ?? absorbed.policy.cadence_s,
    // Over is over: it must not be waited for again.
    grace_until: graceUntil !== null && reading.now >= graceUntil ? null : graceUntil,
    looked_at: reading.now,
    look_again_at: isDeaf(facts, reading, reading.now) ? reading.now + pathSilenceLimit : null,
    incident_id: reading.incident_id,
  };
}

const shortly = 2_000;

/** The memory with one more command that must not be taken twice. */
export function rememberRecent(memory: RunMemory, command: RecentCommand): RunMemory {
  return { ...memory, recent_commands: [...memory.recent_commands, command].slice(-mostRecentCommands) };
}

/** What updates answer. Null before the run is there. */
export function summaryOf(memory: RunMemory): RunSummary | null {
  if (memory.state === null) return null;
  return {
    id: memory.run_id,
    state: memory.state,
    desired_state: memory.desired_state,
    runtime_status: memory.runtime_status,
    health_status: memory.health,
    attempt: memory.attempt,
    current_step: memory.step,
    checkpoint_version: memory.checkpoint_version,
  };
}
