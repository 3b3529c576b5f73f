/**
 * The life of a node as registration.md tells it, and the check that transitions, outbox and stream of events all tell
 * exactly this story: each step once, in order, with its cause and its correlation id.
 */
import { expect } from 'vitest';
import { nodeEventSchema } from '../../../../contracts/event.ts';
import type { RegistrationState, TransitionKind } from '../../../../contracts/node/vocabulary.ts';
import { isLegalStep } from '../../../../domain/registration/states.ts';
import { waitFor } from '../../../support/cli.ts';
import type { ReceivedEvent } from './event-stream.ts';
import type { NodeStack } from './node-stack.ts';

export interface Key {
  readonly id: string;
  readonly domain: string;
}

/** A message that causes steps. */
export interface Said {
  readonly id: string | null;
  readonly correlation: string;
}

/** Time as a cause: the type of the event of the same epoch that opened the wait. */
export interface Waited {
  readonly opened_by: string;
  readonly correlation: string;
}

export interface Told {
  readonly epoch: number;
  readonly version: number;
  readonly kind: 'epoch_start' | 'edge' | 'retry' | 'refresh';
  readonly from: string | null;
  readonly to: string;
  readonly type: string;
  readonly actor: 'node' | 'system';
  readonly cause: Said | Waited;
}

/** Announced, admitted, offered, acknowledged, active, heard once, silent, expired. */
export function wholeLife(epoch: number, introspection: Said, ack: Said, beat: Said): readonly Told[] {
  const before = epoch === 1 ? null : 'liveness_expired';
  const silence = { opened_by: 'node.became_active', correlation: introspection.correlation };
  return [
    [before, 'pending_registration', 'node.registration.initiated', 'node', introspection] as const,
    ['pending_registration', 'accepted', 'node.registration.accepted', 'system', introspection] as const,
    ['accepted', 'awaiting_ack', 'node.registration.offered', 'system', introspection] as const,
    ['awaiting_ack', 'ack_received', 'node.registration.ack_received', 'node', ack] as const,
    ['ack_received', 'active', 'node.became_active', 'node', ack] as const,
    ['active', 'active', 'node.health_changed', 'node', beat] as const,
    ['active', 'liveness_expired', 'node.liveness_expired', 'system', silence] as const,
  ].map(([from, to, type, actor, cause], index): Told => {
    const kind = index === 0 ? 'epoch_start' : from === to ? 'refresh' : 'edge';
    return { epoch, version: index + 1, kind, from, to, type, actor, cause };
  });
}

/** One step as it was recorded: the transition, beside its event of the outbox. */
export interface Recorded {
  readonly epoch: number;
  readonly version: number;
  readonly kind: TransitionKind;
  readonly from_state: RegistrationState | null;
  readonly to_state: RegistrationState;
  readonly event_id: string;
  readonly cause_id: string | null;
  readonly correlation_id: string | null;
  readonly attempt_id: string;
  readonly actor: string;
  readonly reason_code: string | null;
  readonly deadline_at: Date | null;
  readonly occurred_at: Date;
  readonly type: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly pub_seq: string | null;
}

/** Transitions in the order of writing; fails when transitions and events are not one to one. */
export async function recorded({ database }: NodeStack, { id, domain }: Key): Promise<readonly Recorded[]> {
  const { rows } = await database.query<Recorded & { events: number }>(
    `select t.epoch::int, t.version::int, t.kind, t.from_state, t.to_state, t.event_id, t.cause_id, t.correlation_id,
            t.attempt_id, t.actor, t.reason_code, t.deadline_at, t.occurred_at, o.type, o.payload as event, o.pub_seq,
            (select count(*)::int from outbox where subject_id = $1 and domain = $2) as events
       from registration_transitions t
       left join outbox o on o.event_id = t.event_id
      where t.entity_id = $1::uuid and t.domain = $2
      order by t.id`,
    [id, domain],
  );
  expect(rows.map(({ events }) => events)).toEqual(rows.map(() => rows.length));
  return rows;
}

/** @param stream what a reader of the domain received; it is waited for, because publishing follows the write */
export async function expectStory(
  stack: NodeStack,
  key: Key,
  story: readonly Told[],
  stream: () => readonly ReceivedEvent[],
): Promise<readonly Recorded[]> {
  const steps = await recorded(stack, key);
  expect(steps.map(({ epoch, version, type }) => `${epoch}.${version} ${type}`)).toEqual(
    story.map(({ epoch, version, type }) => `${epoch}.${version} ${type}`),
  );
  for (const [index, told] of story.entries()) expectStep(steps, told, steps[index], key);

  expect(new Set(steps.map(({ event_id }) => event_id)).size).toBe(steps.length);
  const attempts = Map.groupBy(steps, ({ epoch }) => epoch);
  for (const ofEpoch of attempts.values()) expect(new Set(ofEpoch.map((step) => step.attempt_id)).size).toBe(1);
  expect(new Set(steps.map(({ attempt_id }) => attempt_id)).size).toBe(attempts.size);
  const times = steps.map(({ occurred_at }) => occurred_at.getTime());
  expect(times).toEqual(times.toSorted((a, b) => a - b));

  const mine = () => stream().filter(({ data }) => data['entity_id'] === key.id);
  await waitFor('the events on the stream', () => mine().length >= steps.length || undefined);
  const published = await recorded(stack, key);
  expect(mine().map(({ id, event, data }) => ({ id, event, event_id: data['event_id'] }))).toEqual(
    published.map(({ pub_seq, type, event_id }) => ({ id: pub_seq, event: type, event_id })),
  );
  const positions = published.map(({ pub_seq }) => Number(pub_seq));
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  for (const { data } of mine()) nodeEventSchema.parse(data);
  return published;
}

function expectStep(steps: readonly Recorded[], told: Told, step: Recorded | undefined, { id, domain }: Key): void {
  const { epoch, version, kind, from, to, type, cause } = told;
  const same = {
    epoch,
    version,
    type,
    from_state: from,
    to_state: to,
    correlation_id: cause.correlation,
    actor: told.actor === 'node' ? `node:${id}` : 'system:registration',
  };
  const opened = (type: string) => steps.find((one) => one.epoch === epoch && one.type === type)?.event_id;
  const causeId = 'opened_by' in cause ? (opened(cause.opened_by) ?? `the ${cause.opened_by}`) : cause.id;
  expect(step).toMatchObject({ ...same, kind, cause_id: causeId });
  expect(step?.event).toMatchObject({
    ...same,
    schema_version: 1,
    causation_id: causeId,
    entity_id: id,
    node_id: id,
    domain,
    attempt_id: step?.attempt_id,
    event_id: step?.event_id,
    incident_id: null,
    occurred_at: step?.occurred_at.toISOString(),
  });
}

/** Both markers, the deadline beside its marker, and nothing left to wait for. */
export async function expectExpiredRow({ database }: NodeStack, { id, domain }: Key, last: Recorded): Promise<void> {
  const { rows } = await database.query(
    `select current_state, ack_timeout_emitted_at, liveness_timeout_emitted_at, expiry_reason, ack_deadline,
            next_retry_at, last_applied_event_id, epoch::int, version::int
       from registration_projections where entity_id = $1 and domain = $2`,
    [id, domain],
  );
  expect(rows).toEqual([
    {
      current_state: 'liveness_expired',
      ack_timeout_emitted_at: null,
      liveness_timeout_emitted_at: last.occurred_at,
      expiry_reason: 'missed_heartbeats',
      ack_deadline: null,
      next_retry_at: null,
      last_applied_event_id: last.event_id,
      epoch: last.epoch,
      version: last.version,
    },
  ]);
  expect(last).toMatchObject({ reason_code: 'missed_heartbeats', type: 'node.liveness_expired' });
  expect(last.event['payload']).toMatchObject({ expiry_reason: 'missed_heartbeats' });
  expect(last.occurred_at.getTime()).toBeGreaterThan(last.deadline_at?.getTime() ?? Number.POSITIVE_INFINITY);
}

/** Versions without a hole, each step legal and going on from where the one before ended, one time-out per epoch. */
export function expectLegalChain(steps: readonly Recorded[]): void {
  const breaks = steps.flatMap((step, index) => {
    const before = steps[index - 1];
    const isNew = step.kind === 'epoch_start' || step.kind === 'retry';
    const order = isNew ? [(before?.epoch ?? 0) + 1, 1] : [before?.epoch, (before?.version ?? 0) + 1];
    const goesOn = step.from_state === (before?.to_state ?? null);
    const follows = goesOn && step.epoch === order[0] && step.version === order[1];
    return follows && isLegalStep(step.kind, step.from_state, step.to_state) ? [] : [{ before, step }];
  });
  expect(breaks).toEqual([]);
  const timeOuts = steps
    .filter(({ type }) => /timed_out|expired/.test(type))
    .map(({ epoch, type }) => `${epoch} ${type}`);
  expect(timeOuts).toEqual([...new Set(timeOuts)]);
}
