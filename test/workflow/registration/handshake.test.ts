/** The handshake on a real engine and database (registration.md 1, 3.4, 3.5, 5). */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ackNode, introspectNode, sendEdge, snapshotNode } from '../../../client/registration.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { nodeEventSchema } from '../../../contracts/event.ts';
import { historyOf, timerSummaries } from '../support/history.ts';
import { ackOf, again, deregistrationOf, introspection } from './support/node-worker.ts';
import { useNodes } from './support/node-workers.ts';

/** Components the registry says are away, once or for ever. */
const away = new Map<string, number>();
const nodes = useNodes({
  settings: (defaults) => ({
    ...defaults,
    registration: {
      ...defaults.registration,
      decision_wait_ms: 2_500,
      admission: { ...defaults.registration.admission, forbidden_capabilities: ['forbidden'] },
    },
  }),
  registry: {
    lookup(ref) {
      const times = away.get(ref) ?? 0;
      if (times === 0) return Promise.reject(new OmniBaseError('RG001', { details: { ref } }));
      away.set(ref, times - 1);
      return Promise.reject(new OmniBaseError('RG016'));
    },
  },
});

async function active(message = introspection()) {
  const { attempt_id } = await nodes.introspect(message);
  expect((await nodes.ack(ackOf(message, attempt_id))).result).toBe('activated');
  return message;
}

describe('a handshake', () => {
  it('ends active, in five steps, each with its event', async () => {
    const message = introspection({ node_name: 'worker-1', status: 'healthy' });
    const offer = await nodes.introspect(message);
    expect(offer).toMatchObject({ result: 'started', state: 'awaiting_ack', epoch: 1, version: 3, next: 'ack' });
    expect(offer.ack_in_ms).toBeGreaterThan(29_000);
    const ack = ackOf(message, offer.attempt_id);
    expect(await nodes.ack(ack)).toMatchObject({ result: 'activated', state: 'active', version: 5, next: 'heartbeat' });
    expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7');
    const events = await nodes.events(message);
    for (const { payload } of events) nodeEventSchema.parse(payload);
    expect(events.map(({ type, payload }) => [type, payload.correlation_id, payload.causation_id])).toEqual([
      ['node.registration.initiated', message.correlation_id, message.message_id],
      ['node.registration.accepted', message.correlation_id, message.message_id],
      ['node.registration.offered', message.correlation_id, message.message_id],
      ['node.registration.ack_received', message.correlation_id, ack.command_id],
      ['node.became_active', message.correlation_id, ack.command_id],
    ]);
  });

  it('shows in Temporal where the node stands', async () => {
    const message = await active(introspection({ node_name: 'worker-2' }));
    const handle = nodes.worker.client.workflow.getHandle(nodes.workflowId(message));
    const description = await handle.describe();
    expect(description.searchAttributes).toMatchObject({
      OmniKind: ['registration'],
      OmniState: ['active'],
      OmniDomain: ['registration'],
      OmniNodeType: ['compute'],
    });
    expect(description.memo).toMatchObject({ node_name: 'worker-2' });
    const events = await historyOf(nodes.worker, nodes.workflowId(message));
    expect(timerSummaries(events)).toEqual(['ack deadline']);
    expect(events.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes)).toHaveLength(2);
    const key = { entity_id: message.node_id, domain: message.domain };
    expect(await snapshotNode(nodes.worker.client, key)).toMatchObject({
      state: 'active',
      inbox_length: 0,
      mode: 'precise',
    });
  });

  it('is refused by the policy with code and reason', async () => {
    const message = introspection({ declared_capabilities: { forbidden: true } });
    const answer = await nodes.introspect(message);
    expect(answer).toMatchObject({
      result: 'rejected',
      state: 'rejected',
      reason: { code: 'capability_forbidden' },
      retry_after_ms: 60_000,
      next: 'introspect',
    });
    expect(await nodes.steps(message)).toBe('ES E2');
    expect((await nodes.ack(ackOf(message, answer.attempt_id))).result).toBe('closed');
  });

  it('repeated with the same id is a duplicate that tells the present state', async () => {
    const message = introspection();
    const first = await nodes.introspect(message);
    expect(await nodes.introspect(message)).toMatchObject({ result: 'duplicate', state: 'awaiting_ack' });
    const ack = ackOf(message, first.attempt_id);
    await nodes.ack(ack);
    expect(await nodes.introspect(message)).toMatchObject({ result: 'duplicate', state: 'active' });
    expect(await nodes.ack(ack)).toMatchObject({ result: 'duplicate', state: 'active' });
    const request = deregistrationOf(message);
    expect((await nodes.deregister(request)).result).toBe('deregistered');
    expect(await nodes.deregister(request)).toMatchObject({ result: 'duplicate', state: 'liveness_expired' });
    expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7 E8');
  });

  it('of two calls at once with one id is one handshake', async () => {
    const message = introspection();
    const answers = await Promise.all([nodes.introspect(message), nodes.introspect(message)]);
    expect(answers.map(({ result }) => result).toSorted()).toEqual(['duplicate', 'started']);
    expect(await nodes.steps(message)).toBe('ES E1 E3');
  });

  it('joined by another message keeps its offer', async () => {
    const message = introspection();
    const first = await nodes.introspect(message);
    const joined = await nodes.introspect(again(message));
    expect(joined).toMatchObject({ result: 'joined', attempt_id: first.attempt_id, ack_deadline: first.ack_deadline });
  });

  it('whose policy cannot decide is told so, and gets its offer once it can', async () => {
    const component = { name: 'tool-a', version: '1.0.0' };
    away.set('tool-a@1.0.0', 1000);
    const message = introspection({ component });
    const asked = performance.now();
    expect(await nodes.introspect(message)).toMatchObject({
      result: 'deciding',
      state: 'pending_registration',
      next: 'wait',
    });
    expect(performance.now() - asked).toBeLessThan(2_500);
    expect((await nodes.ack(ackOf(message, null))).result).toBe('too_early');
    away.set('tool-a@1.0.0', 0);
    const row = await nodes.reaches(message, 'rejected');
    expect(row.reason_code).toBe('component_not_found');
  });

  it('whose policy needs a moment still gets its answer in the call', async () => {
    away.set('tool-b@1.0.0', 4);
    const message = introspection({ component: { name: 'tool-b', version: '1.0.0' } });
    expect(await nodes.introspect(message)).toMatchObject({
      result: 'rejected',
      reason: { code: 'component_not_found' },
    });
  });

  it('belongs to one domain', async () => {
    const message = await active();
    const elsewhere = again(message, { domain: 'other' });
    expect(await nodes.introspect(elsewhere)).toMatchObject({ result: 'started', epoch: 1 });
    expect((await nodes.row(message)).current_state).toBe('active');
  });
});

describe('a node that comes back', () => {
  it('as another process begins anew; the old attempt cannot touch the new one', async () => {
    const message = introspection({ instance_id: 'a' });
    const first = await nodes.introspect(message);
    await nodes.ack(ackOf(message, first.attempt_id));
    const restarted = again(message, { instance_id: 'b' });
    const second = await nodes.introspect(restarted);
    expect(second).toMatchObject({ result: 'started', epoch: 2, state: 'awaiting_ack' });
    expect((await nodes.ack(ackOf(message, first.attempt_id))).result).toBe('too_late');
    expect((await nodes.ack(ackOf(message, randomUUID()))).result).toBe('unknown_attempt');
    expect((await nodes.ack(ackOf(message, null))).result).toBe('activated');
    expect((await nodes.row(message)).instance_id).toBe('b');
  });

  it('without an instance id begins anew, with one repeats itself', async () => {
    const nameless = await active();
    expect(await nodes.introspect(again(nameless))).toMatchObject({ result: 'started', epoch: 2 });
    const named = await active(introspection({ instance_id: 'a' }));
    expect(await nodes.introspect(again(named))).toMatchObject({ result: 'unchanged', epoch: 1 });
  });

  it('while its first offer is unanswered has to name its attempt', async () => {
    const message = introspection({ instance_id: 'a' });
    await nodes.introspect(message);
    const second = await nodes.introspect(again(message, { instance_id: 'b' }));
    expect((await nodes.ack(ackOf(message, null))).result).toBe('ambiguous_attempt');
    expect((await nodes.ack(ackOf(message, second.attempt_id))).result).toBe('activated');
  });

  it('from retirement goes on with its epochs', async () => {
    const message = await active();
    await nodes.deregister(deregistrationOf(message));
    await nodes.worker.client.workflow.getHandle(nodes.workflowId(message)).terminate('retired');
    expect(await nodes.introspect(again(message))).toMatchObject({ result: 'started', epoch: 2 });
    expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7 E8 ES E1 E3');
  });

  it('by an ack whose workflow was lost', async () => {
    const message = introspection();
    const { attempt_id } = await nodes.introspect(message);
    await nodes.worker.client.workflow.getHandle(nodes.workflowId(message)).terminate('lost');
    expect(await ackNode(nodes.worker.client, ackOf(message, attempt_id), { start: false })).toBeNull();
    expect((await nodes.ack(ackOf(message, attempt_id))).result).toBe('activated');
    expect((await nodes.introspect(message)).result).toBe('duplicate');
  });
});

describe('a change of facts', () => {
  it('is granted in the same epoch', async () => {
    const message = await active();
    const changed = again(message, { reason: 'capability_change', declared_capabilities: { postgres: true } });
    expect(await nodes.introspect(changed)).toMatchObject({
      result: 'refreshed',
      epoch: 1,
      version: 6,
      state: 'active',
    });
    expect((await nodes.row(message)).capabilities).toEqual({ postgres: true });
    expect((await nodes.events(message)).at(-1)).toMatchObject({
      type: 'node.facts_changed',
      payload: { payload: { changed: ['capabilities', 'capability_sources'] } },
    });
    expect((await nodes.introspect(again(changed))).result).toBe('unchanged');
  });

  it('is refused, and the node stays active on its old facts', async () => {
    const message = await active();
    const changed = again(message, { reason: 'capability_change', declared_capabilities: { forbidden: true } });
    expect(await nodes.introspect(changed)).toMatchObject({
      result: 'refused_change',
      state: 'active',
      version: 5,
      next: 'heartbeat',
      reason: { code: 'capability_forbidden' },
    });
    expect((await nodes.row(message)).capabilities).toEqual({});
  });

  it('that nobody can decide is dropped, and its message unknown', async () => {
    const message = await active();
    away.set('tool-c@1.0.0', 1000);
    const changed = again(message, { reason: 'request', component: { name: 'tool-c', version: '1.0.0' } });
    expect(await nodes.introspect(changed)).toMatchObject({
      result: 'deciding',
      state: 'active',
      retry_after_ms: 5_000,
    });
    away.set('tool-c@1.0.0', 0);
    expect(await nodes.introspect(changed)).toMatchObject({ result: 'refused_change' });
  });
});

describe('a node that goes', () => {
  it('withdraws what is undecided or unanswered, and is deregistered when active', async () => {
    const waiting = introspection();
    await nodes.introspect(waiting);
    expect(await nodes.introspect(again(waiting, { reason: 'shutdown' }))).toMatchObject({
      result: 'withdrawn',
      next: 'stop',
    });
    expect(await nodes.row(waiting)).toMatchObject({ current_state: 'ack_timed_out', next_retry_at: null });
    const message = await active();
    expect(await nodes.introspect(again(message, { reason: 'shutdown' }))).toMatchObject({ result: 'deregistered' });
    expect(await nodes.row(message)).toMatchObject({ expiry_reason: 'deregistered' });
    expect((await nodes.introspect(again(message, { reason: 'shutdown' }))).result).toBe('already_closed');
  });

  it('on the word of an operator, for the epoch that is meant', async () => {
    const message = await active();
    expect((await nodes.deregister(deregistrationOf(message, { epoch: 7 }))).result).toBe('stale_epoch');
    expect((await nodes.deregister(deregistrationOf(message, { epoch: 1 }))).result).toBe('deregistered');
    expect(await nodes.row(message)).toMatchObject({ expiry_reason: 'operator' });
  });

  it('and was never there starts nothing', async () => {
    const message = introspection({ reason: 'shutdown' });
    expect(await introspectNode(nodes.worker.client, message, { start: false })).toBeNull();
  });
});

describe('what does not fit', () => {
  it('is refused with every problem before it becomes part of the history', async () => {
    const message = await active();
    const wrong = { ...again(message), node_type: 'nothing', extra: 1 };
    await expect(nodes.introspect(wrong as never)).rejects.toMatchObject({
      code: 'ND001',
      issues: expect.arrayContaining([
        expect.objectContaining({ path: 'node_type' }),
        expect.objectContaining({ path: 'extra' }),
      ]),
    });
    const stranger = { ...ackOf(message, null), domain: 'other' };
    await expect(
      nodes.worker.client.workflow.getHandle(nodes.workflowId(message)).executeUpdate('ack', { args: [stranger] }),
    ).rejects.toThrow();
    const events = await historyOf(nodes.worker, nodes.workflowId(message));
    expect(events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toHaveLength(2);
  });

  it('by signal, or of an unknown name, disturbs nothing', async () => {
    const message = await active();
    const handle = nodes.worker.client.workflow.getHandle(nodes.workflowId(message));
    await handle.signal('heartbeat', { nonsense: true });
    await handle.signal('poke', 7);
    await handle.signal('sing');
    await expect(handle.executeUpdate('dance', { args: [] })).rejects.toThrow();
    expect((await nodes.introspect(again(message, { reason: 'request' }))).result).toBe('unchanged');
    await expect.poll(() => nodes.worker.told.dropped.toSorted()).toEqual(['heartbeat', 'poke', 'unknown', 'unknown']);
  });

  it('is not obeyed when it is a cancellation', async () => {
    const message = await active();
    await nodes.worker.client.workflow.getHandle(nodes.workflowId(message)).cancel();
    await sleep(50);
    expect((await nodes.introspect(again(message, { reason: 'request' }))).result).toBe('unchanged');
  });
});

describe('a status edge', () => {
  it('is answered once it is applied, and told once', async () => {
    const message = await active();
    const key = { entity_id: message.node_id, domain: message.domain };
    const edge = {
      message_id: randomUUID(),
      epoch: 1,
      status: 'degraded',
      first: true,
      received_at: new Date().toISOString(),
    } as const;
    expect(await sendEdge(nodes.worker.client, key, edge)).toEqual({
      applied: true,
      state: 'active',
      epoch: 1,
      version: 6,
    });
    expect(await sendEdge(nodes.worker.client, key, edge)).toMatchObject({ applied: true, version: 6 });
    expect((await nodes.events(message)).at(-1)).toMatchObject({
      type: 'node.health_changed',
      payload: { causation_id: edge.message_id, payload: { previous: null, current: 'degraded', first: true } },
    });
  });
});
