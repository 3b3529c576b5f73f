/** Projections at their edges (runs.md 3 "Projection", P3): order, evidence, and steps that do not apply. */
import { describe, expect, it } from 'vitest';
import type { ChangeEvidence, RunChange, RunStep } from '../../../../contracts/run/projection.ts';
import { applyChange, compareChange, evidenceHolds } from '../../../../domain/run/apply.ts';
import { operator, World } from './world.ts';

function change(world: World, steps: readonly RunStep[], more: Partial<RunChange> = {}): RunChange {
  return {
    run_id: 'r-1',
    change_id: 'change-x',
    attempt: world.run.attempt,
    state_version: world.run.state_version + 1,
    steps,
    evidence: null,
    audit: [],
    ...more,
  };
}

const move = (to: 'queued' | 'paused' | 'completed' | 'terminated'): RunStep => ({
  step: 'move',
  to,
  changed_by: 'report',
  actor: operator,
  reason: 'x',
  cause_id: null,
  last_error: null,
});

describe('the order of changes', () => {
  const world = World.inState('running');
  const { run } = world;
  it.each<[string, Partial<RunChange>, string]>([
    ['the next version', {}, 'newer'],
    ['a later version', { state_version: run.state_version + 5 }, 'newer'],
    ['a later attempt with a lower version', { attempt: 2, state_version: 1 }, 'newer'],
    ['the same change again', { state_version: run.state_version, change_id: run.last_change_id }, 'duplicate'],
    ['another change of that version', { state_version: run.state_version }, 'stale'],
    ['an earlier version', { state_version: run.state_version - 1 }, 'stale'],
    ['an earlier attempt', { attempt: 0, state_version: 99 }, 'stale'],
  ])('%s is %s', (_name, more, expected) => {
    expect(compareChange(run, change(world, [], more))).toBe(expected);
  });

  it('is over when the run has ended, but for the change that ended it', () => {
    const ended = World.inState('running');
    ended.report('failed');
    expect(compareChange(ended.run, change(ended, []))).toBe('stale');
    const last = ended.changes.at(-1);
    expect(last === undefined ? null : compareChange(ended.run, last)).toBe('duplicate');
  });

  it('begins with a creation only', () => {
    expect(compareChange(null, change(world, []))).toBe('absent');
    const creation = World.created().changes[0];
    expect(creation === undefined ? null : compareChange(null, creation)).toBe('newer');
    const context = { now: 0, settings: world.settings, telemetry: null, paths: world.paths, next_command_seq: 1 };
    expect(() => applyChange(null, change(world, []), context)).toThrow(TypeError);
  });
});

describe('a step that does not apply', () => {
  it('changes nothing: a move outside the table, or a second one', () => {
    const world = World.inState('running');
    const before = world.transitions.length;
    world.project(change(world, [move('queued')]));
    expect([world.run.state, world.transitions.length]).toEqual(['running', before]);
    world.project(change(world, [move('paused'), move('terminated')], { change_id: 'y' }));
    expect([world.run.state, world.transitions.length]).toEqual(['paused', before + 1]);
  });

  it.each<[string, RunStep]>([
    ['a health it has', { step: 'health', to: 'healthy', cause: 'beat', incident_id: null }],
    ['a page nobody holds', { step: 'page' }],
    ['a late start of a run that started', { step: 'start_overdue' }],
    ['a grace outside terminating', { step: 'terminate_grace', seconds: 5, how: 'set' }],
    ['an expiry of nothing', { step: 'expire' }],
    ['a confirmation of nothing', { step: 'confirm', type: 'pause' }],
    ['a skip of nothing', { step: 'skip', command_id: 'none' }],
  ])('changes nothing: %s', (_name, step) => {
    const world = World.inState('running');
    const events = world.events.length;
    const { state, health_status, terminate_deadline_at } = world.run;
    world.project(change(world, [step]));
    expect(world.run).toMatchObject({ state, health_status, terminate_deadline_at });
    expect(world.events).toHaveLength(events);
  });

  it('keeps counters a report leaves out', () => {
    const world = World.inState('running');
    world.project(change(world, [{ step: 'counters', current_step: null, checkpoint_version: 7 }]));
    expect(world.run).toMatchObject({ current_step: 10, checkpoint_version: 7 });
  });
});

describe('evidence', () => {
  const holds = (world: World, evidence: ChangeEvidence) =>
    evidenceHolds(evidence, world.run, {
      now: world.now,
      settings: world.settings,
      telemetry: world.telemetry,
      paths: world.paths,
      next_command_seq: 1,
    });

  it('of silence needs the same beat, the age, and ears', () => {
    const world = World.inState('running');
    const last_heartbeat_at = world.run.last_heartbeat_at;
    const evidence = { evidence: 'silence', last_heartbeat_at, reaches: 'heartbeat_stale' } as const;
    expect(holds(world.pass(45), evidence)).toBe(false);
    expect(holds(world.pass(0.001), evidence)).toBe(true);
    expect(holds(world, { ...evidence, reaches: 'unresponsive' })).toBe(false);
    expect(holds(world, { ...evidence, last_heartbeat_at: null })).toBe(false);
    world.ingest = null;
    expect(holds(world, evidence)).toBe(false);
    world.ingest = 'up';
    world.beat('running', 11);
    expect(holds(world.pass(100), evidence)).toBe(false);
  });

  it('of a state needs that state for so long', () => {
    const world = World.inState('queued');
    const evidence = { evidence: 'state_since', state: 'queued', for_s: 900 } as const;
    expect(holds(world.pass(899.999), evidence)).toBe(false);
    expect(holds(world.pass(0.001), evidence)).toBe(true);
    expect(holds(world, { ...evidence, state: 'provisioning' })).toBe(false);
  });

  it('of an unresponsive run needs the same beat and the delay', () => {
    const world = World.inState('running');
    const last_heartbeat_at = world.run.last_heartbeat_at;
    const evidence = { evidence: 'unresponsive_since', last_heartbeat_at, for_s: 60 } as const;
    world.sleep(140);
    expect(holds(world, evidence)).toBe(false);
    expect(holds(world.pass(60), evidence)).toBe(true);
    world.beat('running', 11, { lose: true });
    expect(holds(world, evidence)).toBe(false);
  });

  it('of a grace needs its end', () => {
    const world = World.inState('terminating');
    expect(holds(world.pass(119.999), { evidence: 'terminate_grace_over' })).toBe(false);
    expect(holds(world.pass(0.001), { evidence: 'terminate_grace_over' })).toBe(true);
    expect(holds(World.inState('running'), { evidence: 'terminate_grace_over' })).toBe(false);
  });
});

describe('the mirror and the run row', () => {
  it('take the telemetry of that moment, of this attempt only', () => {
    const world = World.inState('running');
    world.pass(6).beat('running', 50);
    world.command('p-1', { type: 'pause' });
    expect(world.run).toMatchObject({ current_step: 50, samples_per_sec: 1, loss: 0.5 });
    if (world.telemetry !== null) world.telemetry = { ...world.telemetry, attempt: 9, step: 999 };
    world.command('tune-1', { type: 'tune', payload: { clip_epsilon: 0.1 } });
    expect(world.run.current_step).toBe(50);
  });

  it('count open commands and close with the run', () => {
    const world = World.inState('running');
    const context = {
      now: world.now,
      settings: world.settings,
      telemetry: world.telemetry,
      paths: world.paths,
      next_command_seq: 1,
    };
    const { command } = world.submit('p-1', { type: 'pause' });
    const step: RunStep = { step: 'command', command, body_hash: 'h', expiry_s: 600 };
    const accepted = applyChange(world.stored, change(world, [step]), context);
    expect(accepted.mirror).toMatchObject({ commands_pending: 1, desired_state: 'paused', closed: false });
    expect([accepted.inserted_command, accepted.changed_commands[0]?.expires_at]).toEqual([
      'p-1',
      '2026-03-02T08:10:00.000Z',
    ]);
    const done = applyChange(accepted.stored, change(world, [move('completed')]), context);
    expect(done.mirror).toMatchObject({
      commands_pending: 0,
      desired_state: 'stopped',
      closed: true,
      run_state: 'completed',
    });
  });

  it('keep the rows of a tune in step', () => {
    const world = World.inState('running');
    const context = {
      now: world.now,
      settings: world.settings,
      telemetry: null,
      paths: world.paths,
      next_command_seq: 1,
    };
    const { command } = world.submit('t-1', { type: 'tune', payload: { clip_epsilon: 0.1 } });
    const step: RunStep = { step: 'command', command, body_hash: 'h', expiry_s: 1 };
    const accepted = applyChange(world.stored, change(world, [step]), context);
    expect(accepted.tune).toEqual([{ command_id: 't-1', to: 'pending', reason: null }]);
    const later = { ...context, now: world.now + 1_000 };
    const expired = applyChange(accepted.stored, change(world, [{ step: 'expire' }]), later);
    expect(expired.tune).toMatchObject([{ command_id: 't-1', to: 'superseded' }]);
    expect(expired.stored.commands).toEqual([]);
  });
});
