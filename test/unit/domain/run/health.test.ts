/** Silence and what it does (runs.md 4): clocks by state, edges, amnesty, overrides, episodes, policies, mass events. */
import { describe, expect, it } from 'vitest';
import { defaultRunPolicy } from '../../../../contracts/run/settings.ts';
import { judgeMassSilence } from '../../../../domain/run/health/mass-silence.ts';
import { dueHealth } from '../../../../domain/run/health/judge.ts';
import { isOverdue, silentSince } from '../../../../domain/run/health/silence.ts';
import { epoch, World } from './world.ts';

/** Beats each 15 s for so long, then silence. */
function healthy(seconds = 0, mode: 'precise' | 'fleet' = 'precise'): World {
  const world = World.inState('running', { deadlines: { mode } });
  for (let passed = 15; passed <= seconds; passed += 15) world.sleep(15).beat('running', 10 + passed);
  return world;
}

describe('silence of a running run', () => {
  it('is stale strictly after 45 s, unresponsive strictly after 135 s from the same beat', () => {
    const world = World.inState('running', { deadlines: { mode: 'fleet' } });
    world.pass(45);
    expect([world.look(), world.run.health_status]).toEqual([0, 'healthy']);
    world.pass(0.001);
    world.look();
    expect(world.run.health_status).toBe('heartbeat_stale');
    world.pass(89.999);
    world.look();
    expect(world.run.health_status).toBe('heartbeat_stale');
    world.pass(0.001);
    world.look();
    expect(world.run.health_status).toBe('unresponsive');
  });

  it('emits each edge once, a steady state nothing', () => {
    const world = healthy();
    world.sleep(3_600);
    for (let hint = 0; hint < 5; hint++) world.look();
    expect(world.types().slice(2)).toEqual(['run.health_changed', 'run.health_changed', 'run.terminate_recommended']);
    expect(world.pages()).toEqual(['trigger r-1:1:1']);
    expect(world.run.state).toBe('running');
  });

  it('that is noticed late passes both edges in one change', () => {
    const world = healthy();
    world.pass(1_000);
    expect(world.look()).toBe(1);
    expect(world.of('run.health_changed').map(({ previous, current }) => [previous, current])).toEqual([
      ['healthy', 'heartbeat_stale'],
      ['heartbeat_stale', 'unresponsive'],
    ]);
    expect(world.changes.at(-1)?.steps).toHaveLength(2);
  });

  it.each([46, 136])('ends with a beat after %i s', (seconds) => {
    const world = healthy();
    world.sleep(seconds);
    expect(world.run.health_status).not.toBe('healthy');
    expect(world.run.status_message).toMatch(/no heartbeat/);
    world.beat('running', 11);
    expect(world.run).toMatchObject({ health_status: 'healthy', status_message: null });
    expect(world.pages().filter((page) => page.startsWith('resolve'))).toHaveLength(seconds > 135 ? 1 : 0);
  });

  it('never shows while beats come', () => {
    const world = healthy(600);
    expect(world.of('run.health_changed')).toEqual([]);
    expect(world.run.health_status).toBe('healthy');
  });

  it('is measured against the cadence that was told', () => {
    const world = healthy();
    if (world.telemetry !== null) world.telemetry = { ...world.telemetry, cadence_s: 30 };
    world.pass(90);
    world.look();
    expect(world.run.health_status).toBe('healthy');
    world.pass(1);
    world.look();
    expect(world.run.health_status).toBe('heartbeat_stale');
    world.pass(179);
    world.look();
    expect(world.run.health_status).toBe('heartbeat_stale');
    world.pass(1);
    world.look();
    expect(world.run.health_status).toBe('unresponsive');
  });
});

describe('clocks by state', () => {
  it.each(['queued', 'provisioning'] as const)('%s: start timeout, no heartbeat clock', (state) => {
    const world = World.inState(state);
    world.sleep(899);
    expect(world.of('run.start_overdue')).toEqual([]);
    world.sleep(1);
    world.sleep(5_000);
    expect(world.of('run.start_overdue')).toMatchObject([{ state, timeout_s: 900 }]);
    expect(world.run).toMatchObject({ state, health_status: 'healthy', status_message: expect.stringMatching(/900/) });
    world.beat('running', 1);
    expect(world.run).toMatchObject({ state: 'running', status_message: null });
  });

  it('provisioning starts the clock anew', () => {
    const world = World.inState('queued');
    world.sleep(800);
    world.report('provisioning');
    world.sleep(800);
    expect(world.of('run.start_overdue')).toEqual([]);
  });

  it.each(['queued', 'provisioning'] as const)('%s: fails when the policy says so', (state) => {
    const world = World.inState(state, { on_start_timeout: 'fail' });
    world.sleep(900);
    expect(world.run.state).toBe('failed');
    expect(world.transitions.at(-1)).toMatchObject({ changed_by: 'timer', from_state: state });
    expect(world.events.findLast(({ type }) => type === 'run.state_changed')?.last_error).toMatch(/900/);
  });

  it('paused: stale after 900 s, never unresponsive, never pages', () => {
    const world = World.inState('paused');
    world.sleep(900);
    expect(world.run.health_status).toBe('healthy');
    world.sleep(1);
    expect(world.run.health_status).toBe('heartbeat_stale');
    world.sleep(100_000);
    expect([world.run.health_status, world.pages()]).toEqual(['heartbeat_stale', []]);
  });

  it('paused: shown as overdue after 45 s', () => {
    const policy = defaultRunPolicy;
    expect(isOverdue('paused', policy, epoch, epoch + 45_000)).toBe(false);
    expect(isOverdue('paused', policy, epoch, epoch + 45_001)).toBe(true);
    expect(isOverdue('terminating', policy, epoch, epoch + 90_000)).toBe(false);
  });

  it('terminating: heartbeat clocks are silent, a beat still heals', () => {
    const world = healthy();
    world.sleep(50);
    world.command('t-1', { type: 'terminate' });
    world.sleep(100);
    expect(world.run).toMatchObject({ state: 'terminating', health_status: 'heartbeat_stale' });
    world.beat('running', 11);
    expect(world.run).toMatchObject({ state: 'terminating', health_status: 'healthy' });
  });

  it('resuming starts the health clock anew', () => {
    const world = World.inState('paused');
    world.sleep(800).beat('running', 10);
    world.sleep(45);
    expect(world.run.health_status).toBe('healthy');
  });
});

describe('amnesty', () => {
  it('counts from the last of beat, entry, grant and our own return', () => {
    const facts = { last_heartbeat_at: 10, state_entered_at: 20, attempt_granted_at: 30, via: 'gateway' } as const;
    const path = (up_since: number) => ({ up_since, last_seen: 100 });
    expect(silentSince(facts, { ingest: null, sweep: path(99) })).toBe(30);
    expect(silentSince(facts, { ingest: path(40), sweep: path(99) })).toBe(40);
    expect(silentSince({ ...facts, via: 'signal' }, { ingest: path(40), sweep: path(99) })).toBe(99);
    expect(silentSince({ ...facts, last_heartbeat_at: 200 }, { ingest: path(40), sweep: null })).toBe(200);
    expect(silentSince({ ...facts, last_heartbeat_at: null, via: null }, { ingest: null, sweep: null })).toBe(30);
  });

  it('downgrades nobody while the ingest is away, and grants a whole window after', () => {
    const world = healthy();
    world.ingest = { up_since: 0, last_seen: world.now };
    world.sleep(300);
    expect(world.run.health_status).toBe('healthy');
    world.ingest = { up_since: world.now, last_seen: Number.MAX_SAFE_INTEGER };
    world.sleep(45);
    expect(world.run.health_status).toBe('healthy');
    world.sleep(11);
    expect(world.run.health_status).toBe('heartbeat_stale');
  });

  it('holds for an engine outage where beats come by signal', () => {
    const world = World.inState('running');
    world.pass(15).beat('running', 11, { via: 'signal' });
    world.pass(200);
    world.sweep = { up_since: world.now - 1_000, last_seen: world.now };
    world.look();
    expect(world.run.health_status).toBe('healthy');
    world.sweep = { up_since: 0, last_seen: world.now - 11_000 };
    world.look();
    expect(world.run.health_status).toBe('healthy');
    world.sweep = 'up';
    world.look();
    expect(world.run.health_status).toBe('unresponsive');
  });
});

describe('a verdict', () => {
  it('is void when a beat commits between its reading and its writing', () => {
    const world = healthy();
    world.pass(50);
    const reading = world.reading();
    world.beat('running', 11, { lose: true });
    world.dispatch({ kind: 'clock', reading });
    expect(world.answers.at(-1)?.result).toBe('void');
    expect([world.run.health_status, world.of('run.health_changed')]).toEqual(['healthy', []]);
    expect(world.memory.look_again_at).not.toBeNull();
  });

  it('on a grace that was not over by the clock of the database is void', () => {
    const world = World.inState('terminating');
    const reading = { ...world.reading(), now: world.now + 500_000 };
    world.dispatch({ kind: 'clock', reading });
    expect([world.answers.at(-1)?.result, world.run.state]).toEqual(['void', 'terminating']);
  });

  it('repairs an edge that was lost', () => {
    const world = World.inState('running');
    world.pass(6).beat('paused', 10, { lose: true });
    expect(world.run.state).toBe('running');
    world.look();
    expect(world.run).toMatchObject({ state: 'paused', runtime_status: 'paused' });
  });

  it('repairs a recovery that was lost', () => {
    const world = healthy();
    world.sleep(140);
    world.beat('running', 12, { lose: true });
    world.look();
    expect(world.run.health_status).toBe('healthy');
  });
});

describe('the grace of an override', () => {
  it('is over at its very end, and never holds back the first edge', () => {
    const limits = { stale_s: 45, unresponsive_s: 135 };
    const facts = {
      state: 'running',
      health: 'healthy',
      silent_since: 0,
      limits,
      grace_until: 200_000,
      deaf: false,
    } as const;
    expect(dueHealth(facts, 199_999)).toEqual(['heartbeat_stale']);
    expect(dueHealth(facts, 200_000)).toEqual(['heartbeat_stale', 'unresponsive']);
    expect(dueHealth({ ...facts, deaf: true }, 200_000)).toEqual([]);
    expect(dueHealth({ ...facts, health: 'unresponsive' }, 200_000)).toEqual([]);
  });
});

describe('an override', () => {
  it('lets a run be stale, and unresponsive at once when it expires', () => {
    const world = healthy();
    world.override(600);
    world.sleep(599);
    expect([world.run.health_status, world.pages()]).toEqual(['heartbeat_stale', []]);
    world.sleep(1);
    expect([world.run.health_status, world.pages()]).toEqual(['unresponsive', ['trigger r-1:1:1']]);
  });

  it('takes back an unresponsive run in the same episode, its page resolved as held', () => {
    const world = healthy();
    world.sleep(200);
    world.override(60);
    expect(world.run).toMatchObject({ health_status: 'heartbeat_stale', episode: 1 });
    world.sleep(60);
    expect(world.run).toMatchObject({ health_status: 'unresponsive', episode: 1 });
    expect(world.pages()).toEqual(['trigger r-1:1:1', 'hold r-1:1:1', 'trigger r-1:1:1']);
    expect(world.of('run.health_changed').map(({ cause }) => cause)).toEqual([
      'silence',
      'silence',
      'override',
      'silence',
    ]);
    expect(world.run.grace_until).toBeNull();
    expect(world.of('run.terminate_recommended')).toHaveLength(1);
  });

  it('ends with the first accepted beat', () => {
    const world = healthy();
    world.override(3_600);
    world.pass(6).beat('running', 11);
    world.sleep(136);
    expect(world.run.health_status).toBe('unresponsive');
  });

  it('is replaced by a second one', () => {
    const world = healthy();
    world.override(3_600);
    world.override(10);
    world.sleep(136);
    expect(world.run.health_status).toBe('unresponsive');
    expect(world.changes.flatMap(({ audit }) => audit).map(({ action }) => action)).toEqual([
      'health_override',
      'health_override',
    ]);
  });
});

describe('episodes', () => {
  it('that follow within 300 s keep their number: one page, one recommendation', () => {
    const world = healthy();
    for (let flap = 0; flap < 4; flap++) {
      world.sleep(140);
      world.beat('running', 20 + flap);
    }
    expect(world.run.episode).toBe(1);
    expect(world.pages()).toEqual(['trigger r-1:1:1', 'resolve r-1:1:1']);
    expect(world.of('run.terminate_recommended')).toHaveLength(1);
  });

  it('that follow later have the next number and page anew', () => {
    const world = healthy();
    world.sleep(140).beat('running', 20);
    for (let beat = 0; beat < 25; beat++) world.sleep(15).beat('running', 21 + beat);
    world.sleep(140);
    expect(world.run.episode).toBe(2);
    expect(world.pages()).toEqual(['trigger r-1:1:1', 'resolve r-1:1:1', 'trigger r-1:1:2']);
  });

  it('have their page resolved when the run ends', () => {
    const world = healthy();
    world.sleep(140);
    world.report('failed');
    expect(world.pages()).toEqual(['trigger r-1:1:1', 'resolve r-1:1:1']);
    expect(world.run.health_status).toBe('unresponsive');
  });
});

describe('a policy', () => {
  it('recommends only, by default', () => {
    const world = healthy();
    world.sleep(10_000);
    expect(world.run).toMatchObject({ state: 'running', health_status: 'unresponsive' });
  });

  it('fails the run so long after the edge', () => {
    const world = World.inState('running', { on_unresponsive: { action: 'fail', after_s: 60 } });
    world.sleep(190);
    expect(world.run.state).toBe('running');
    world.sleep(10);
    expect(world.run.state).toBe('failed');
    expect(world.transitions.at(-1)).toMatchObject({ changed_by: 'policy' });
  });

  it('terminates the run by a command of the system', () => {
    const world = World.inState('running', { on_unresponsive: { action: 'terminate', after_s: 0 } });
    world.sleep(136);
    expect(world.run.state).toBe('terminating');
    expect([...world.rows.values()]).toMatchObject([
      { type: 'terminate', actor_type: 'system', actor_id: 'orchestrator/auto-slo' },
    ]);
    expect(world.changes.flatMap(({ audit }) => audit)).toMatchObject([{ action: 'terminate', verdict: 'accepted' }]);
    world.sleep(121);
    expect(world.run.state).toBe('terminated');
  });

  it('spares a run that came back meanwhile', () => {
    const world = World.inState('running', { on_unresponsive: { action: 'fail', after_s: 60 } });
    world.sleep(150).beat('running', 11);
    for (let beat = 0; beat < 10; beat++) world.sleep(15).beat('running', 12 + beat);
    expect(world.run.state).toBe('running');
  });
});

describe('a mass event', () => {
  it('marks the run with the incident and holds its page until it is over', () => {
    const world = healthy();
    world.incident = 'inc-1';
    world.sleep(140);
    expect(world.run.health_status).toBe('unresponsive');
    expect(world.events.filter(({ incident_id }) => incident_id === 'inc-1')).toHaveLength(3);
    expect(world.pages()).toEqual([]);
    world.incident = null;
    world.look();
    world.look();
    expect(world.pages()).toEqual(['trigger r-1:1:1']);
  });

  it('pages nobody who came back before it was over', () => {
    const world = healthy();
    world.incident = 'inc-1';
    world.sleep(140);
    world.beat('running', 11);
    world.incident = null;
    world.look();
    expect(world.pages()).toEqual([]);
  });

  const settings = { mass_ratio: 0.2, mass_minimum: 10 };
  it.each([
    [{ monitored: 40, freshly_overdue: 9 }, null, 'stay'],
    [{ monitored: 40, freshly_overdue: 10 }, null, 'open'],
    [{ monitored: 50, freshly_overdue: 10 }, null, 'stay'],
    [{ monitored: 50, freshly_overdue: 11 }, null, 'open'],
    [{ monitored: 50, freshly_overdue: 50 }, { affected: 100, silent: 5 }, 'stay'],
    [{ monitored: 50, freshly_overdue: 0 }, { affected: 100, silent: 4 }, 'close'],
    [{ monitored: 0, freshly_overdue: 0 }, { affected: 0, silent: 0 }, 'close'],
  ] as const)('%j with %j: %s', (silence, open, expected) => {
    expect(judgeMassSilence(silence, open, settings)).toBe(expected);
  });
});
