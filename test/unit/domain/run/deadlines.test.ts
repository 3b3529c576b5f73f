import { describe, expect, it } from 'vitest';
import { earliestDeadline, runDeadlines } from '../../../../domain/run/deadlines.ts';
import { epoch, World } from './world.ts';

function next(world: World): [string, number] | null {
  const deadline = earliestDeadline(world.memory, world.settings);
  return deadline === null ? null : [deadline.kind, (deadline.at - epoch) / 1_000];
}

describe('the one timer', () => {
  it('stands at the start timeout, per entry', () => {
    const world = World.inState('queued');
    expect(next(world)).toEqual(['start', 900]);
    world.pass(100).report('provisioning');
    expect(next(world)).toEqual(['start', 1_000]);
    world.sleep(2_000);
    expect(next(world)).toBeNull();
  });

  it('stands just past the deadline of silence in precise mode, and beats never touch it', () => {
    const world = World.inState('running');
    expect(next(world)).toEqual(['liveness', 45.001]);
    const before = world.memory;
    world.pass(15).beat('running', 11);
    expect(world.memory).toBe(before);
    world.pass(30.001).look();
    expect(next(world)).toEqual(['liveness', 60.001]);
    world.pass(14.9999).look();
    expect(next(world)).toEqual(['liveness', 150.001]);
  });

  it('is a backstop in fleet mode; commands, start and grace stay precise', () => {
    const policy = { deadlines: { mode: 'fleet' } } as const;
    const world = World.inState('running', policy);
    world.look();
    expect(next(world)).toEqual(['backstop', 1_800]);
    world.command('p-1', { type: 'pause' });
    expect(next(world)).toEqual(['expiry', 600]);
    world.override(60);
    expect(next(world)).toEqual(['override_grace', 60]);
    world.command('t-1', { type: 'terminate' });
    expect(next(world)).toEqual(['terminate_grace', 120]);
    expect(next(World.inState('queued', policy))).toEqual(['start', 900]);
  });

  it('waits for a confirmation', () => {
    const world = World.inState('running', { deadlines: { mode: 'fleet' } });
    world.look();
    world.command('p-1', { type: 'pause' });
    world.claim();
    world.pass(5).ack('p-1');
    expect(next(world)).toEqual(['confirmation', 65]);
    world.beat('paused', 10);
    expect(next(world)).toEqual(['backstop', 1_800]);
  });

  it('waits for a policy', () => {
    const world = World.inState('running', { on_unresponsive: { action: 'fail', after_s: 60 } });
    world.sleep(135.001);
    expect(next(world)).toEqual(['policy', 195.001]);
  });

  it('has nothing to wait for when a silent run has no policy, and none when a run has ended', () => {
    const world = World.inState('running');
    world.sleep(200);
    expect(next(world)).toBeNull();
    world.report('failed');
    expect(runDeadlines(world.memory, world.settings)).toEqual([]);
  });
});
