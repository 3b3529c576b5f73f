import { describe, expect, it } from 'vitest';
import { nodeEventSchema, type NodeEventType, nodeEventTypes } from '../../../../contracts/event.ts';
import type { RegistrationStep } from '../../../../contracts/node/projection.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import { emptyFacts, emptyRow } from '../../../../domain/registration/empty-row.ts';
import { buildNodeEvent, type EventContext } from '../../../../domain/registration/events.ts';

const now = '2026-03-01T12:00:00.000Z';
const later = '2026-03-01T12:00:30.000Z';
const uuid = (digit: string): string => `018f0000-0000-7000-8000-${digit.repeat(12)}`;
const facts = emptyFacts({ node_type: 'reducer', node_version: '1.0.0', node_name: null, instance_id: null });
const row: NodeRow = {
  ...emptyRow(
    { entity_id: uuid('1'), domain: 'd' },
    { ...facts, path: 'gateway', reported_status: null },
    Date.parse(now),
  ),
  epoch: 2,
  version: 3,
  attempt_id: uuid('2'),
  attempt_number: 1,
};

function context(type: NodeEventType, payload: object = {}, more: Partial<EventContext> = {}): EventContext {
  const step: RegistrationStep = {
    ordering: { epoch: 2, version: 3 },
    event_id: uuid('3'),
    kind: 'edge',
    from_state: 'awaiting_ack',
    to_state: 'ack_timed_out',
    cause_id: uuid('4'),
    correlation_id: uuid('5'),
    actor: 'system:test',
    reason_code: null,
    retry_in_ms: null,
    event: { type, payload },
    incident_id: null,
  };
  return {
    step,
    before: row,
    after: row,
    offered_with_it: false,
    deadline_at: null,
    receipt: null,
    incident_id: null,
    now,
    ...more,
  };
}

const payloadOf = (...args: Parameters<typeof context>) => buildNodeEvent(context(...args))?.payload;

describe('every event', () => {
  it.each(nodeEventTypes)('%s has the schema of its type, whatever the workflow left out', (type) => {
    for (const before of [row, null]) {
      const event = buildNodeEvent(context(type, {}, { before }));
      expect(nodeEventSchema.parse(event)).toEqual(event);
    }
  });

  it('has one header, from step and row', () => {
    expect(buildNodeEvent(context('node.became_active', {}, { incident_id: uuid('6') }))).toMatchObject({
      event_id: uuid('3'),
      type: 'node.became_active',
      schema_version: 1,
      occurred_at: now,
      entity_id: uuid('1'),
      node_id: uuid('1'),
      domain: 'd',
      node_type: 'reducer',
      epoch: 2,
      version: 3,
      attempt_id: uuid('2'),
      attempt_number: 1,
      from_state: 'awaiting_ack',
      to_state: 'ack_timed_out',
      correlation_id: uuid('5'),
      causation_id: uuid('4'),
      actor: 'system:test',
      incident_id: uuid('6'),
    });
  });

  it('is none for a step that announces nothing', () => {
    const quiet = context('node.became_active');
    expect(buildNodeEvent({ ...quiet, step: { ...quiet.step, event: null } })).toBeNull();
  });
});

describe('payloads', () => {
  it('initiated names what was superseded', () => {
    expect(payloadOf('node.registration.initiated', { reason: 'startup' })).toEqual({
      reason: 'startup',
      supersedes: { epoch: 2, state: 'pending_registration', attempt_id: uuid('2') },
      facts_hash: null,
    });
    expect(payloadOf('node.registration.initiated', { reason: 'startup' }, { before: null })).toMatchObject({
      supersedes: null,
    });
  });

  it('ack_received tells the time of the receipt where there is one', () => {
    const receipt = { command_id: uuid('7'), received_at: later };
    expect(payloadOf('node.registration.ack_received', {}, { receipt })).toEqual(receipt);
    expect(payloadOf('node.registration.ack_received', { command_id: uuid('8') })).toEqual({
      command_id: uuid('8'),
      received_at: now,
    });
  });

  it('ack_timed_out tells whether and when another attempt follows', () => {
    const after = { ...row, next_retry_at: later };
    expect(payloadOf('node.registration.ack_timed_out', { reason: 'withdrawn' }, { deadline_at: later })).toEqual({
      deadline_at: later,
      previous_state: 'awaiting_ack',
      reason: 'withdrawn',
      will_retry: false,
      retry_at: null,
    });
    expect(payloadOf('node.registration.ack_timed_out', {}, { after, offered_with_it: true })).toMatchObject({
      previous_state: 'accepted',
      reason: 'deadline',
      will_retry: true,
      retry_at: later,
    });
  });

  it('liveness_expired tells the effective deadline and the last beat', () => {
    const before = { ...row, last_heartbeat_at: now };
    const after = { ...row, expiry_reason: 'operator' } as const;
    expect(payloadOf('node.liveness_expired', {}, { before, after, deadline_at: later })).toEqual({
      last_heartbeat_at: now,
      deadline_at: later,
      expiry_reason: 'operator',
    });
  });

  it('facts_changed names the columns that differ, and takes the snapshot of the new ones', () => {
    const after = { ...row, publish_topics: ['t'], node_version: '2.0.0' };
    expect(payloadOf('node.facts_changed', {}, { after })).toMatchObject({
      changed: ['node_version', 'publish_topics'],
      capabilities: { publish_topics: ['t'], capability_tags: ['node.reducer'] },
    });
    expect(payloadOf('node.facts_changed', { changed: ['next_retry_at'] })).toMatchObject({
      changed: ['next_retry_at'],
    });
  });

  it('health_changed tells both statuses, and whether the beat was the first', () => {
    const after = { ...row, reported_status: 'degraded' } as const;
    expect(payloadOf('node.health_changed', { first: true }, { after })).toEqual({
      previous: null,
      current: 'degraded',
      first: true,
    });
  });
});
