/** Events of runs (runs.md 11): schema, topic, severity, identity, signature. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { runEventTable, type RunEventType, runEventTypes } from '../../../../contracts/run/event-table.ts';
import { runEventData, runEventSchema } from '../../../../contracts/run/events.ts';
import { canonicalJson } from '../../../../domain/json/canonical.ts';
import {
  buildRunEvent,
  incidentTopic,
  isSignedBy,
  runSeverity,
  runTopic,
  signRunEvent,
} from '../../../../domain/run/events.ts';
import { World } from './world.ts';

const place = { cause: 'id-1', position: 0, seq: 1, occurred_at: '2026-03-02T08:00:00.000Z', topic: 'run-status' };

/** A story that meets most of what a workflow can tell. */
function story(): World {
  const world = World.inState('queued');
  world.sleep(901);
  world.beat('running', 1);
  world.command('tune-1', { type: 'tune', payload: { learning_rate: 0.1 } });
  world.sleep(140);
  world.override(60);
  world.sleep(120);
  world.beat('running', 2);
  world.command('p-1', { type: 'pause' });
  world.claim();
  world.ack('p-1');
  world.sleep(61);
  world.reset();
  world.command('p-2', { type: 'pause' });
  world.sleep(4_000);
  world.command('t-1', { type: 'terminate' });
  world.beat('errored', 9, { notes: 'lost\u0000' });
  return world;
}

describe('every event of a story', () => {
  const world = story();
  const events = world.events.map((draft, index) =>
    buildRunEvent(draft, { ...place, position: index, seq: index + 1 }),
  );

  it('has the schema of its type', () => {
    for (const event of events)
      expect([event.type, runEventSchema.safeParse(event).error?.issues]).toEqual([event.type, undefined]);
    const types = new Set<string>(events.map(({ type }) => type));
    for (const type of [
      'run.created',
      'run.state_changed',
      'run.reset',
      'run.health_changed',
      'run.health_override',
      'run.terminate_recommended',
      'run.start_overdue',
      'command.queued',
      'command.expired',
      'command.unconfirmed',
    ]) {
      expect([type, types.has(type)]).toEqual([type, true]);
    }
  });

  it('has an id of its own that building again gives again', () => {
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const [draft] = world.events;
    expect(draft === undefined ? null : buildRunEvent(draft, place).id).toBe(events[0]?.id);
  });

  it('shows the run as it stood at that moment', () => {
    const marks = events.filter(({ type }) => type === 'run.health_changed');
    for (const mark of marks) expect(mark.health_status).toBe((mark.data as { current: string }).current);
  });
});

describe('topic and severity', () => {
  it.each([
    ['run.created', 'queued', 'healthy', 'run-status', 'info'],
    ['run.state_changed', 'running', 'healthy', 'run-status', 'info'],
    ['run.state_changed', 'terminated', 'unresponsive', 'run-status', 'info'],
    ['run.state_changed', 'failed', 'unresponsive', 'run-status.error', 'critical'],
    ['run.state_changed', 'errored', 'healthy', 'run-status.error', 'critical'],
    ['run.health_changed', 'running', 'heartbeat_stale', 'run-status.heartbeat_stale', 'warning'],
    ['run.health_changed', 'running', 'unresponsive', 'run-status.unresponsive', 'critical'],
    ['run.health_changed', 'running', 'healthy', 'run-status', 'info'],
    ['run.health_changed', 'failed', 'unresponsive', 'run-status.error', 'critical'],
    ['run.terminate_recommended', 'running', 'unresponsive', 'run-status.unresponsive', 'warning'],
    ['run.start_overdue', 'queued', 'healthy', 'run-status', 'warning'],
    ['command.queued', 'running', 'healthy', 'run-status.commands', 'info'],
    ['tune.rejected', 'running', 'unresponsive', 'run-status.commands', 'warning'],
    ['artifact.created', 'running', 'healthy', 'run-status', 'info'],
  ] as const)('%s of a %s, %s run: %s, %s', (type, state, health, topic, severity) => {
    expect([runTopic(type, state, health, 'run-status'), runSeverity(type, state, health)]).toEqual([topic, severity]);
  });

  it('of incidents is that of pagers', () => {
    expect(incidentTopic('run-status')).toBe('run-status.unresponsive');
  });

  it('is told for every type, and every type has a schema', () => {
    expect(Object.keys(runEventData).sort()).toEqual([...runEventTypes].sort());
    expect(runEventTypes.filter((type: RunEventType) => !runEventTable[type].durable)).toEqual([
      'run.progress',
      'checkpoint.advanced',
    ]);
  });
});

describe('the signature', () => {
  const [draft] = story().events;
  if (draft === undefined) throw new Error('no event');
  const event = buildRunEvent(draft, place);
  const secret = new TextEncoder().encode('secret');

  it('is an HMAC over the canonical JSON without itself', () => {
    const signed = signRunEvent(event, 'k-1', secret);
    const expected = createHmac('sha256', 'secret')
      .update(canonicalJson({ ...event, key_id: 'k-1' }))
      .digest('hex');
    expect(signed).toMatchObject({ key_id: 'k-1', signature: expected });
    expect(isSignedBy(signed, secret)).toBe(true);
  });

  it('breaks with any change', () => {
    const signed = signRunEvent(event, 'k-1', secret);
    expect(isSignedBy({ ...signed, attempt: 9 }, secret)).toBe(false);
    expect(isSignedBy({ ...signed, key_id: 'k-2' }, secret)).toBe(false);
    expect(isSignedBy(signed, new TextEncoder().encode('other'))).toBe(false);
    expect(isSignedBy(event, secret)).toBe(false);
  });
});

describe('a schema', () => {
  it('refuses unknown types and wrong data', () => {
    const [draft] = story().events;
    const event = draft === undefined ? null : buildRunEvent(draft, place);
    expect(runEventSchema.safeParse({ ...event, type: 'run.gone' }).success).toBe(false);
    expect(runEventSchema.safeParse({ ...event, data: {} }).success).toBe(false);
  });
});
