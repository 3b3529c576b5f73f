/** Beats that come by signal (registration.md 9 "Signal coalescing"). */
import { describe, expect, it } from 'vitest';
import { ackMessage, clock, introspection, nodeId } from '../../domain/registration/decide/support.ts';
import { startLife } from './support/fake-ports.ts';

const beat = (changes = {}) => ({
  node_id: nodeId,
  timestamp: '2026-01-01T00:00:00Z',
  uptime_seconds: 1,
  ...changes,
});

async function active(script: Parameters<typeof startLife>[0] = {}) {
  const life = startLife(script);
  const asked = life.introspect(introspection());
  void life.begin();
  await life.ack(ackMessage((await asked).attempt_id));
  await life.settle();
  return life;
}

describe('a signalled beat', () => {
  it('that is the first is flushed at once and told', async () => {
    const life = await active();
    life.heartbeat(beat({ message_id: introspection().message_id }));
    await life.settle();
    expect(life.flushes).toEqual([{ status: 'healthy', age_ms: 0 }]);
    expect(life.database.history).toBe('ES E1 E3 E4 E7 R');
    expect(life.life.snapshot().heartbeat).toEqual({ result: 'accepted', next: 'heartbeat' });
    expect(life.life.memory.path).toBe('signal');
  });

  it('is held until a third of a window has passed since the last flush, and the newest counts', async () => {
    const life = await active();
    life.heartbeat(beat());
    await life.settle();
    await life.advance(10_000);
    life.heartbeat(beat());
    await life.advance(19_999);
    life.heartbeat(beat());
    await life.settle();
    expect(life.flushes).toHaveLength(1);
    await life.advance(1);
    life.heartbeat(beat());
    await life.settle();
    expect(life.flushes).toHaveLength(2);
    expect(life.database.history).toBe('ES E1 E3 E4 E7 R');
    expect(life.life.memory.last_beat_at).toBe(new Date(clock + 30_000).toISOString());
  });

  it('that says another status is flushed at once and told', async () => {
    const life = await active();
    life.heartbeat(beat());
    await life.settle();
    life.heartbeat(beat({ status: 'degraded' }));
    await life.settle();
    expect(life.flushes.map(({ status }) => status)).toEqual(['healthy', 'degraded']);
    expect(life.database.history).toBe('ES E1 E3 E4 E7 R R');
  });

  it('is flushed with its age before its deadline is judged', async () => {
    const life = await active();
    life.heartbeat(beat());
    await life.settle();
    await life.advance(60_100);
    life.heartbeat(beat());
    await life.settle();
    await life.advance(20_000);
    life.heartbeat(beat());
    await life.settle();
    expect(life.flushes).toHaveLength(2);
    await life.advance(10_000);
    expect(life.flushes[2]).toEqual({ status: 'healthy', age_ms: 10_000 });
    expect(life.waiting()).toEqual(['liveness check 80100']);
    await life.advance(80_100);
    expect(life.life.memory.state).toBe('liveness_expired');
  });

  it('is flushed before a poke is judged', async () => {
    const life = await active();
    life.heartbeat(beat());
    await life.settle();
    life.heartbeat(beat());
    life.poke({ kind: 'liveness', epoch: 1, incident_id: null });
    await life.settle();
    expect(life.flushes).toHaveLength(2);
    expect(life.life.memory.state).toBe('active');
  });

  it('of an old process neither lives nor hides one of the new', async () => {
    const life = await active();
    await life.introspect(introspection());
    life.heartbeat(beat({ epoch: 2 }));
    life.heartbeat(beat({ epoch: 1, status: 'unhealthy' }));
    await life.settle();
    expect(life.flushes).toEqual([{ status: 'healthy', age_ms: 0 }]);
    expect(life.life.snapshot().heartbeat).toEqual({ result: 'accepted', next: 'heartbeat' });
    life.heartbeat(beat({ epoch: 1 }));
    expect(life.life.snapshot().heartbeat).toEqual({ result: 'stale_epoch', next: 'stop' });
  });

  it('that the database refused counts as not sent', async () => {
    const life = await active({ flush: () => null });
    life.heartbeat(beat());
    await life.settle();
    expect(life.life.snapshot().heartbeat).toBeNull();
    expect(life.life.flushedAt).toBeNull();
  });

  it('tells a node that is not active what to do, without a step', async () => {
    const answer = { result: 'unknown_node', edge: null, next: 'introspect', last_heartbeat_at: null } as const;
    const life = startLife({ flush: () => answer });
    life.heartbeat(beat());
    expect(await life.begin()).toEqual({ kind: 'completed' });
    expect(life.life.snapshot().heartbeat).toEqual({ result: 'unknown_node', next: 'introspect' });
  });

  it('cancels no timer, a hundred times', async () => {
    const life = await active();
    await life.advance(30_100);
    const before = life.timers.length;
    for (let index = 0; index < 100; index += 1) {
      life.heartbeat(beat({ sequence: index }));
      await life.advance(300);
    }
    expect(life.timers.some(({ cancelled }) => cancelled)).toBe(false);
    expect(life.timers.length - before).toBeLessThanOrEqual(1);
    expect(life.shown).toHaveLength(3);
  });
});
