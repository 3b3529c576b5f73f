/** The lifecycle as the page tells it: requests, beats, acks and time against one run (runs.md 3, 6). */
import { describe, expect, it } from 'vitest';
import type { RuntimeStatus } from '../../../../contracts/run/vocabulary.ts';
import { World } from './world.ts';

const open = ['queued', 'provisioning', 'running', 'paused', 'terminating'] as const;
type Open = (typeof open)[number];

/** A run in each terminal state. */
const ended: Readonly<Record<string, () => World>> = {
  completed: () => run('running', (world) => world.report('completed')),
  failed: () => run('running', (world) => world.report('failed')),
  errored: () => run('running', (world) => world.beat('errored', 10)),
  terminated: () => run('queued', (world) => world.command('t-0', { type: 'terminate' })),
};

function run(state: Open, act: (world: World) => unknown): World {
  const world = World.inState(state);
  world.pass(6);
  act(world);
  return world;
}

describe('creation', () => {
  it('is a transition with a null origin by the creator', () => {
    const world = World.created();
    expect(world.transitions).toMatchObject([
      { from_state: null, to_state: 'queued', actor_id: 'ana', changed_by: 'create', state_version: 1, attempt: 1 },
    ]);
    expect(world.types()).toEqual(['run.created']);
    expect(world.run).toMatchObject({ state: 'queued', desired_state: 'running', runtime_status: null, episode: 0 });
  });

  it('is answered again by the same content and refused with another', () => {
    const world = World.created();
    const order = (body_hash: string) => ({
      kind: 'create' as const,
      order: { request: {} as never, policy: world.settings.policy, body_hash, nonce: 'n-1', origin: null },
    });
    expect(world.dispatch(order('hash'))).toEqual([{ effect: 'answer_summary' }]);
    expect(world.dispatch(order('other'))).toMatchObject([{ effect: 'refuse', code: 'run_id_reused' }]);
    expect(world.transitions).toHaveLength(1);
  });
});

describe('beats', () => {
  it.each<[Open, RuntimeStatus, number, string]>([
    ['queued', 'running', 0, 'queued'],
    ['queued', 'running', 1, 'running'],
    ['queued', 'paused', 1, 'queued'],
    ['queued', 'terminating', 0, 'terminating'],
    ['queued', 'errored', 0, 'errored'],
    ['provisioning', 'running', 0, 'provisioning'],
    ['provisioning', 'running', 7, 'running'],
    ['provisioning', 'paused', 0, 'provisioning'],
    ['provisioning', 'terminating', 0, 'terminating'],
    ['provisioning', 'errored', 0, 'errored'],
    ['running', 'running', 11, 'running'],
    ['running', 'paused', 11, 'paused'],
    ['running', 'terminating', 11, 'terminating'],
    ['running', 'errored', 11, 'errored'],
    ['paused', 'running', 10, 'running'],
    ['paused', 'paused', 10, 'paused'],
    ['paused', 'terminating', 10, 'terminating'],
    ['paused', 'errored', 10, 'errored'],
    ['terminating', 'running', 11, 'terminating'],
    ['terminating', 'paused', 11, 'terminating'],
    ['terminating', 'terminating', 11, 'terminating'],
    ['terminating', 'errored', 11, 'errored'],
  ])('in %s: %s with step %i leads to %s', (state, status, step, expected) => {
    const world = World.inState(state);
    const before = world.transitions.length;
    expect(world.pass(6).beat(status, step)).toBe('accepted');
    expect(world.run).toMatchObject({ state: expected, runtime_status: status });
    expect(world.transitions.length - before).toBe(expected === state ? 0 : 1);
    expect(world.ended).toBe(expected === 'errored');
  });

  it('names the arrival of the first one as the start, once', () => {
    const world = World.inState('queued');
    world.pass(20).beat('running', 1);
    const started = world.run.started_at;
    expect(started).toBe('2026-03-02T08:00:20.000Z');
    world.pass(6).beat('paused', 1);
    world.pass(6).beat('running', 1);
    expect([world.run.state, world.run.started_at]).toEqual(['running', started]);
    expect(world.transitions[1]).toMatchObject({ changed_by: 'heartbeat', actor_id: 'heartbeat' });
  });

  it('tell why: by a command, or by the agent itself', () => {
    const world = World.inState('running');
    world.pass(6).beat('paused', 10);
    expect(world.transitions.at(-1)).toMatchObject({
      reason: expect.stringContaining('agent-initiated'),
      cause_id: null,
    });
    world.command('res-1', { type: 'resume' });
    world.pass(6).beat('running', 10);
    expect(world.transitions.at(-1)).toMatchObject({ reason: expect.stringContaining('res-1'), cause_id: 'res-1' });
  });

  it('of an error carry what the agent says', () => {
    const world = World.inState('running');
    world.pass(6).beat('errored', 10, { notes: 'out of memory' });
    const changed = world.events.findLast(({ type }) => type === 'run.state_changed');
    expect(changed?.last_error).toBe('out of memory');
  });

  it('of an older attempt, or older than one that was reduced, change nothing', () => {
    const world = World.inState('paused');
    const at = (seconds: number) => new Date(world.now + seconds * 1_000).toISOString();
    const beat = {
      attempt: 1,
      status: 'running',
      step: 10,
      checkpoint_version: 0,
      via: 'gateway',
      notes: null,
    } as const;
    world.dispatch({ kind: 'beat', beat: { ...beat, received_at: at(-1) } });
    world.reset();
    world.dispatch({ kind: 'beat', beat: { ...beat, received_at: at(5) } });
    expect([world.run.state, world.run.attempt]).toEqual(['paused', 2]);
  });
});

describe('requests', () => {
  // The table of guards: what each request gets in each state.
  const wanted: Readonly<Record<string, Readonly<Record<Open | 'ended', string>>>> = {
    pause: row('invalid_state', 'invalid_state', 'created', 'invalid_state', 'invalid_state'),
    resume: row('invalid_state', 'invalid_state', 'invalid_state', 'created', 'invalid_state'),
    tune: row('invalid_state', 'invalid_state', 'created', 'created', 'invalid_state'),
    terminate: row('created', 'created', 'created', 'created', 'created'),
    reset: row('applied', 'applied', 'applied', 'applied', 'applied'),
    override: row('applied', 'applied', 'applied', 'applied', 'applied'),
    provisioning: row('applied', 'unchanged', 'invalid_state', 'invalid_state', 'invalid_state'),
    completed: row('invalid_state', 'invalid_state', 'applied', 'invalid_state', 'invalid_state'),
    failed: row('applied', 'applied', 'applied', 'applied', 'applied'),
  };
  const act: Readonly<Record<string, (world: World) => string>> = {
    pause: (world) => world.command('c-1', { type: 'pause' }),
    resume: (world) => world.command('c-1', { type: 'resume' }),
    tune: (world) => world.command('c-1', { type: 'tune', payload: { learning_rate: 0.1 } }),
    terminate: (world) => world.command('c-1', { type: 'terminate' }),
    reset: (world) => world.reset(),
    override: (world) => world.override(60),
    provisioning: (world) => world.report('provisioning'),
    completed: (world) => world.report('completed'),
    failed: (world) => world.report('failed'),
  };

  function row(queued: string, provisioning: string, running: string, paused: string, terminating: string) {
    return { queued, provisioning, running, paused, terminating, ended: 'run_terminal' };
  }

  for (const [request, answers] of Object.entries(wanted)) {
    it.each(open)(`${request} in %s`, (state) => {
      expect(act[request]?.(World.inState(state))).toBe(answers[state]);
    });
    it.each(Object.keys(ended))(`${request} in %s`, (state) => {
      const world = ended[state]?.() ?? new World();
      const repeated = request === state;
      expect([world.run.state, act[request]?.(world)]).toEqual([state, repeated ? 'unchanged' : 'run_terminal']);
    });
  }

  it('name state and desired state when refused', () => {
    const world = World.inState('paused');
    const effects = world.dispatch({ kind: 'command', submit: world.submit('p', { type: 'pause' }), direct: false });
    expect(effects).toEqual([
      { effect: 'refuse', code: 'invalid_state', details: { state: 'paused', desired_state: 'paused' } },
    ]);
  });

  it('that name another attempt are stale', () => {
    const world = World.inState('running');
    expect([world.report('completed', { attempt: 2 }), world.report('completed', { attempt: 1 })]).toEqual([
      'stale_attempt',
      'applied',
    ]);
  });

  it('keep counters that a report would lower', () => {
    const world = World.inState('running');
    world.report('completed', { step: 9, checkpoint_version: 4 });
    expect(world.run).toMatchObject({ state: 'completed', current_step: 10, checkpoint_version: 4 });
  });

  it('refuse a second pause until the first is finished', () => {
    const world = World.inState('running');
    expect(world.command('p-1', { type: 'pause' })).toBe('created');
    expect(world.command('p-2', { type: 'pause' })).toBe('command_pending');
    world.claim();
    world.ack('p-1');
    expect(world.pass(59).command('p-3', { type: 'pause' })).toBe('command_pending');
    world.sleep(2);
    expect(world.of('command.unconfirmed')).toHaveLength(1);
    expect(world.command('p-4', { type: 'pause' })).toBe('created');
  });

  it('refuse the 33rd open command, and never a terminate', () => {
    const world = World.inState('running');
    for (let index = 0; index < 32; index++) {
      expect(world.command(`t-${String(index)}`, { type: 'tune', payload: { learning_rate: 0.1 } })).toBe('created');
    }
    expect(world.command('t-32', { type: 'tune', payload: { learning_rate: 0.1 } })).toBe('too_many_commands');
    expect(world.command('end', { type: 'terminate' })).toBe('created');
  });
});

describe('a repeated command', () => {
  it('is the stored one for the same content, also when the state has changed', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    world.beat('paused', 10);
    const before = world.events.length;
    expect(world.command('p-1', { type: 'pause' })).toBe('existing');
    expect(world.events).toHaveLength(before);
  });

  it('is refused with another content, and audited when it came by signal', () => {
    const world = World.inState('running');
    world.command('c-1', { type: 'pause' });
    const submit = world.submit('c-1', { type: 'tune', payload: { learning_rate: 0.1 } });
    expect(world.dispatch({ kind: 'command', submit, direct: true })).toMatchObject([
      { effect: 'refuse', code: 'command_id_reused' },
      { effect: 'audit', entry: { verdict: 'rejected', error_code: 'RN017', command_id: 'c-1', action: 'tune' } },
    ]);
  });

  it('answers with the nonce of the request that made it', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    const again = { ...world.submit('p-1', { type: 'pause' }), nonce: 'another' };
    expect(world.dispatch({ kind: 'command', submit: again, direct: false })).toEqual([
      { effect: 'answer_command', command_id: 'p-1', nonce: 'nonce-p-1', disposition: 'existing' },
    ]);
  });
});

describe('desired state', () => {
  it('follows pause and resume at acceptance, state follows the beat', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    expect(world.run).toMatchObject({ state: 'running', desired_state: 'paused' });
    world.claim();
    world.ack('p-1');
    expect(world.run.desired_state).toBe('paused');
    world.beat('paused', 10);
    expect(world.run).toMatchObject({ state: 'paused', desired_state: 'paused' });
    world.command('r-1', { type: 'resume' });
    expect(world.run.desired_state).toBe('running');
    world.beat('running', 10);
    expect(world.run).toMatchObject({ state: 'running', desired_state: 'running' });
    expect(world.rows.get('p-1')?.closed_reason).toBe('confirmed');
  });

  it.each(['rejected', 'failed'] as const)('falls back when the agent has %s the pause', (outcome) => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    world.claim();
    world.ack('p-1', outcome);
    expect(world.run.desired_state).toBe('running');
  });

  it('falls back when the pause expires', () => {
    const world = World.inState('running', {
      stale_after_s: 5_000,
      unresponsive_after_s: 10_000,
      paused_stale_after_s: 5_000,
    });
    world.command('p-1', { type: 'pause' });
    world.sleep(599);
    expect(world.run.desired_state).toBe('paused');
    world.sleep(1);
    expect([world.run.desired_state, world.rows.get('p-1')?.status]).toEqual(['running', 'expired']);
    expect(world.of('command.expired')).toHaveLength(1);
  });

  it('falls back when nothing confirms it within 60 s', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    world.claim();
    world.ack('p-1');
    for (let beat = 0; beat < 4; beat++) world.sleep(14.9).beat('running', 11);
    expect(world.run.desired_state).toBe('paused');
    world.sleep(1);
    expect(world.run.desired_state).toBe('running');
  });

  it('follows an ack whose message was lost', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    world.claim();
    world.ack('p-1', 'rejected', { lose: true });
    expect(world.run.desired_state).toBe('paused');
    world.look();
    expect(world.run.desired_state).toBe('running');
  });

  it('is that of the newest when several are unfinished', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    world.beat('paused', 10);
    world.command('r-1', { type: 'resume' });
    expect(world.run.desired_state).toBe('running');
  });
});

describe('terminate', () => {
  it.each(['queued', 'provisioning'] as const)('ends a %s run at once: nobody to ask', (state) => {
    const world = World.inState(state);
    expect(world.command('t-1', { type: 'terminate' })).toBe('created');
    expect(world.run).toMatchObject({ state: 'terminated', desired_state: 'stopped' });
    expect(world.rows.get('t-1')).toMatchObject({ status: 'skipped' });
    expect([world.ended, world.run.ended_at !== null]).toEqual([true, true]);
  });

  it.each(['running', 'paused'] as const)('moves a %s run before delivery', (state) => {
    const world = World.inState(state);
    world.command('t-1', { type: 'terminate' });
    expect(world.run).toMatchObject({ state: 'terminating', desired_state: 'stopped' });
    expect(world.transitions.at(-1)).toMatchObject({ cause_id: 't-1', changed_by: 'command', actor_id: 'ana' });
    expect(world.claim()).toBe('t-1');
    world.ack('t-1');
    expect(world.run.state).toBe('terminated');
    expect(world.transitions.at(-1)?.reason).toContain('t-1 was acknowledged');
  });

  it('supersedes what was never offered and lets what was delivered keep its lease', () => {
    const world = World.inState('running');
    world.command('tune-1', { type: 'tune', payload: { clip_epsilon: 0.1 } });
    world.command('tune-2', { type: 'tune', payload: { clip_epsilon: 0.2 } });
    world.claim();
    world.command('t-1', { type: 'terminate' });
    expect([world.rows.get('tune-1')?.status, world.rows.get('tune-2')?.status]).toEqual(['delivered', 'superseded']);
    world.ack('tune-1');
    expect(world.rows.get('tune-1')?.status).toBe('acknowledged');
  });

  it('is merged into the first, whose grace it may only shorten', () => {
    const world = World.inState('running');
    world.command('t-1', { type: 'terminate' });
    const longer = { reason: 'slow', final_checkpoint: true, grace_seconds: 900 };
    expect(world.command('t-2', { type: 'terminate', payload: longer })).toBe('merged');
    expect(world.run.terminate_deadline_at).toBe('2026-03-02T08:02:00.000Z');
    const now = { reason: 'now', final_checkpoint: false, grace_seconds: 0 };
    expect(world.command('t-3', { type: 'terminate', payload: now })).toBe('merged');
    expect(world.command('t-3', { type: 'terminate', payload: now })).toBe('merged');
    expect(world.rows.size).toBe(1);
    expect(world.changes.flatMap(({ audit }) => audit).map(({ verdict }) => verdict)).toEqual([
      'accepted',
      'merged',
      'merged',
    ]);
    world.look();
    expect(world.run.state).toBe('terminated');
  });

  it('is stored and delivered when the agent began to terminate by itself', () => {
    const world = World.inState('terminating');
    expect(world.command('t-1', { type: 'terminate', payload: { reason: 'x', final_checkpoint: true } })).toBe(
      'created',
    );
    expect(world.claim()).toBe('t-1');
    expect(world.run.terminate_deadline_at).toBe('2026-03-02T08:10:00.000Z');
    expect(world.command('t-2', { type: 'terminate' })).toBe('merged');
  });

  it.each([
    [{ reason: 'x', final_checkpoint: false }, 120],
    [{ reason: 'x', final_checkpoint: true }, 600],
    [{ reason: 'x', final_checkpoint: true, grace_seconds: 5 }, 5],
    [{ reason: 'x', final_checkpoint: false, grace_seconds: 0 }, 0],
  ])('%j grants %i s', (payload, seconds) => {
    const world = World.inState('running');
    world.command('t-1', { type: 'terminate', payload });
    world.sleep(Math.max(0, seconds - 1));
    if (seconds > 0) expect(world.run.state).toBe('terminating');
    world.sleep(1);
    expect(world.run.state).toBe('terminated');
    expect(world.transitions.at(-1)).toMatchObject({ changed_by: 'timer', reason: expect.stringContaining('grace') });
  });

  it.each(['rejected', 'failed'] as const)('that the agent has %s is decided by the grace', (outcome) => {
    const world = World.inState('running');
    world.command('t-1', { type: 'terminate' });
    world.claim();
    world.ack('t-1', outcome);
    expect(world.run.state).toBe('terminating');
    world.sleep(121);
    expect(world.run.state).toBe('terminated');
  });

  it('acknowledged late has no effect', () => {
    const world = World.inState('running');
    world.command('t-1', { type: 'terminate' });
    world.sleep(121);
    expect(world.ack('t-1')).toBe('late');
    expect(world.rows.get('t-1')).toMatchObject({ status: 'superseded', late: true, outcome: 'applied' });
  });

  it('stands for a cancellation of the workflow', () => {
    const world = World.inState('running');
    world.dispatch({ kind: 'cancel' });
    expect(world.run.state).toBe('terminating');
    expect(world.transitions.at(-1)).toMatchObject({ actor_type: 'system', actor_id: 'orchestrator/cancellation' });
  });
});

describe('the end of a run', () => {
  it.each(Object.keys(ended))('as %s freezes it', (state) => {
    const world = ended[state]?.() ?? new World();
    expect(world.run).toMatchObject({ state, desired_state: 'stopped', ended_at: expect.any(String) });
    const before = JSON.stringify([world.run, world.events.length]);
    world.look();
    world.dispatch({
      kind: 'beat',
      beat: {
        attempt: 1,
        status: 'running',
        step: 99,
        checkpoint_version: 9,
        received_at: '2026-03-02T09:00:00Z',
        via: 'gateway',
        notes: null,
      },
    });
    expect(JSON.stringify([world.run, world.events.length])).toBe(before);
    expect(world.beat('running', 99)).toBe('run_terminal');
  });

  it('supersedes open commands and their tunes', () => {
    const world = World.inState('running');
    world.command('tune-1', { type: 'tune', payload: { clip_epsilon: 0.1 } });
    world.claim();
    world.report('failed');
    expect(world.rows.get('tune-1')).toMatchObject({ status: 'superseded', closed_reason: 'the run is failed' });
  });
});

describe('reset', () => {
  it('grants an attempt, keeps the state and clears what the older process left', () => {
    const world = World.inState('running');
    world.pass(6).beat('running', 20, { checkpoint: 3 });
    world.command('p-1', { type: 'pause' });
    world.claim();
    const transitions = world.transitions.length;
    expect(world.reset()).toBe('applied');
    expect(world.run).toMatchObject({
      state: 'running',
      attempt: 2,
      current_step: 0,
      checkpoint_version: 0,
      samples_per_sec: null,
      loss: null,
      last_heartbeat_at: null,
      runtime_status: null,
      health_status: 'healthy',
    });
    expect(world.transitions).toHaveLength(transitions);
    expect(world.rows.get('p-1')?.lease_expires_at).toBeNull();
    expect(world.claim()).toBe('p-1');
    expect(world.changes.at(-1)?.audit).toMatchObject([{ action: 'reset', verdict: 'accepted' }]);
    expect([world.beat('running', 30, { attempt: 1 }), world.beat('running', 1, { attempt: 2 })]).toEqual([
      'stale_attempt',
      'accepted',
    ]);
    expect(world.beat('running', 1, { attempt: 3 })).toBe('attempt_not_granted');
  });

  it('ends an episode, its grace and its page', () => {
    const world = World.inState('running');
    world.sleep(200);
    world.reset();
    expect(world.run).toMatchObject({ health_status: 'healthy', grace_until: null, status_message: null });
    expect(world.pages()).toEqual(['trigger r-1:1:1', 'resolve r-1:1:1']);
    world.sleep(200);
    expect(world.pages().at(-1)).toMatch(/^trigger r-1:2:/);
  });
});

describe('projections', () => {
  it('that were overtaken are taken over and judged anew', () => {
    const world = World.inState('running');
    const behind = world.memory;
    world.command('t-1', { type: 'terminate' });
    const ahead = world.memory;
    world.memory = behind;
    world.command('p-1', { type: 'pause' });
    expect(world.answers.at(-1)?.result).toBe('stale');
    expect(world.memory).toMatchObject({
      state: 'terminating',
      state_version: ahead.state_version,
      terminate_id: 't-1',
    });
    expect(world.rows.has('p-1')).toBe(false);
  });

  it('that come twice are in once', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    const change = world.changes.at(-1);
    const before = world.events.length;
    expect(change === undefined ? null : world.project(change).result).toBe('duplicate');
    expect(world.events).toHaveLength(before);
  });
});
