/**
 * Beats that come by signal (registration.md 9 "Signal coalescing"): the newest is held with its arrival and flushed to
 * Postgres at once when it says something new, else a third of a window after the last flush, and always before a
 * deadline is judged. The flush passes its age, so holding it back shortens nobody's life.
 */
import type { Heartbeat } from '../../contracts/node/messages.ts';
import { handle } from './handle.ts';
import type { RegistrationLife } from './life.ts';
import type { RegistrationPorts } from './ports.ts';

/** Takes a beat; a beat of an earlier epoch comes from an old process and must not hide one of the new. */
export function holdBeat(life: RegistrationLife, beat: Heartbeat, now: number): void {
  if (beat.epoch !== null && beat.epoch < life.memory.epoch) {
    life.beatAnswer = { result: 'stale_epoch', next: 'stop' };
    return;
  }
  life.held = { beat, arrived_at: now, flushed_at: life.flushedAt };
  if (isFlushDue(life, now)) life.bell.ring();
}

/** Whether the held beat should go to Postgres now. */
export function isFlushDue({ held, memory, flushedAt, settings }: RegistrationLife, now: number): boolean {
  if (held === null) return false;
  const first = flushedAt === null || (memory.state === 'active' && memory.last_beat_at === null);
  if (first || held.beat.status !== memory.reported_status) return true;
  const window = Math.max(settings.liveness_window_ms, 3 * memory.interval_ms);
  return now - flushedAt >= window / 3;
}

/** Stores the held beat, if there is one; an edge among its results is heard like one that the gateway sends. */
export async function flushBeat(life: RegistrationLife, ports: RegistrationPorts): Promise<void> {
  const { held } = life;
  if (held === null) return;
  life.held = null;
  const { beat, arrived_at } = held;
  const answer = await ports.flush({ beat, age_ms: Math.max(0, ports.now() - arrived_at) });
  if (answer === null) return;
  life.flushedAt = ports.now();
  life.beatAnswer = { result: answer.result, next: answer.next };
  life.memory = { ...life.memory, path: 'signal' };
  if (answer.edge !== null) {
    const { message_id, correlation_id } = beat;
    const edge = { ...answer.edge, message_id, correlation_id, epoch: life.memory.epoch };
    await handle(life, ports, { input: { kind: 'edge', edge, path: 'signal' }, caller: null });
  } else if (answer.result === 'accepted' && life.memory.last_beat_at !== null) {
    life.memory = { ...life.memory, last_beat_at: answer.last_heartbeat_at ?? life.memory.last_beat_at };
  }
}
