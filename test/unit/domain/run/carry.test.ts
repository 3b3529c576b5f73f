/** Continue-as-new (runs.md 12): JSON-safe, bounded at the worst, and as good as not having happened. */
import { describe, expect, it } from 'vitest';
import { largestCarry, mostRecentCommands } from '../../../../contracts/run/limits.ts';
import type { CarriedItem, RunCarried } from '../../../../contracts/run/memory.ts';
import { canCarry, carryRun, parseRunWorkflowId, runWorkflowId } from '../../../../domain/run/carry.ts';
import { adoptedMemory, summaryOf } from '../../../../domain/run/memory.ts';
import { World } from './world.ts';

const counters = { signals: 0, updates: 0, dropped: 0 };

function worst(): World {
  const world = World.inState('running');
  const id = (number: number) => `${String(number).padStart(3, '0')}${'x'.repeat(125)}`;
  // The ids of 300 commands, of which 32 are open with the longest notes.
  for (let number = 0; number < 268; number++) {
    world.command(id(number), { type: 'tune', payload: { learning_rate: 0.1 } });
    world.claim();
    world.ack(id(number));
  }
  for (let number = 268; number < 300; number++) {
    world.command(id(number), { type: 'tune', payload: { learning_rate: 0.1, notes: '😀'.repeat(1_024) } });
  }
  return world;
}

describe('the baggage of a run', () => {
  const world = worst();
  const beat = {
    run_id: 'r-1',
    status: 'running' as const,
    step: 1,
    samples_per_sec: 1,
    loss: 1,
    checkpoint_version: 0,
    queued_commands: Array.from({ length: 256 }, () => 'x'.repeat(128)),
    notes: '😀'.repeat(4_096),
    attempt: 1,
  };
  const baggage = { inbox: [], held_beat: { beat, arrived_at: 1, stored_at: null }, counters };

  it('stays below the limit at the worst', () => {
    expect(world.memory.commands).toHaveLength(32);
    expect(world.memory.recent_commands).toHaveLength(mostRecentCommands);
    const text = JSON.stringify(carryRun(world.memory, baggage, world.settings));
    expect(Buffer.byteLength(text)).toBeLessThan(largestCarry * 0.75);
  });

  it('survives JSON', () => {
    const carried = carryRun(world.memory, baggage, world.settings);
    expect(JSON.parse(JSON.stringify(carried)) as RunCarried).toEqual(carried);
    expect(carried.deadlines.map(({ kind }) => kind)).toEqual(['liveness', 'expiry']);
  });

  it('says when more waits than can be carried', () => {
    const item: CarriedItem = { item: 'command', value: { payload: 'x'.repeat(32_000) } };
    expect(canCarry(world.memory, { ...baggage, inbox: [item] }, world.settings)).toBe(true);
    const many = Array.from({ length: 9 }, () => item);
    expect(canCarry(world.memory, { ...baggage, inbox: many }, world.settings)).toBe(false);
  });
});

describe('an adopted run', () => {
  it('is remembered as the row says, and goes on', () => {
    const world = World.inState('running');
    world.command('p-1', { type: 'pause' });
    world.sleep(140);
    const { stored } = world;
    if (stored === null) throw new Error('no run');
    const adopted = adoptedMemory(stored, 'hash', world.now);
    expect(summaryOf(adopted)).toEqual(summaryOf(world.memory));
    expect(adopted.commands.map(({ id }) => id)).toEqual(['p-1']);
    world.memory = adopted;
    world.look();
    expect(world.pages()).toEqual(['trigger r-1:1:1']);
    world.beat('paused', 10);
    expect(world.run).toMatchObject({ state: 'paused', health_status: 'healthy' });
  });

  it('does not announce a late start twice', () => {
    const world = World.inState('queued');
    world.sleep(901);
    if (world.stored !== null) world.memory = adoptedMemory(world.stored, 'hash', world.now);
    world.sleep(1_000);
    expect(world.of('run.start_overdue')).toHaveLength(1);
  });
});

describe('workflow ids', () => {
  it('name their run', () => {
    expect(runWorkflowId('r-7')).toBe('run/r-7');
    expect(['run/r-7', 'run/', 'registration/a/b', 'run/a/b'].map(parseRunWorkflowId)).toEqual([
      'r-7',
      null,
      null,
      null,
    ]);
  });
});
