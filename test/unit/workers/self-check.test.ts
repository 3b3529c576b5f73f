/** The self-check passes when rows move and says which step failed when they do not (registration.md 13.13). */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { AnswerFields } from '../../../contracts/node/answers.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../contracts/node/settings.ts';
import type { RegistrationState } from '../../../contracts/node/vocabulary.ts';
import { runSelfCheck, selfCheckDomain, type SelfCheckParts } from '../../../workers/self-check.ts';
import { emptyNodeRow } from './node-row.ts';

const settings: NodeSettings = {
  ...defaultNodeSettings,
  registration: { ...defaultNodeSettings.registration, first_liveness_ms: 5, liveness_window_ms: 5 },
};

/** A product in small: what each call does to the one row. */
interface World {
  /** State after the call, null = the row stays where it is. */
  introspect: RegistrationState | null;
  ack: RegistrationState | null;
  storesBeats: boolean;
  expires: boolean;
  /** How often the engine is away first. */
  awayFor: number;
}

function check(over: Partial<World> = {}, settingsOver: NodeSettings = settings) {
  const world: World = {
    introspect: 'awaiting_ack',
    ack: 'active',
    storesBeats: true,
    expires: true,
    awayFor: 0,
    ...over,
  };
  const row = { state: 'liveness_expired' as RegistrationState, epoch: 3, beat: null as string | null };
  const asked: unknown[] = [];
  const answer = <Result extends string>(result: Result): AnswerFields<Result> => ({
    result,
    state: row.state,
    epoch: row.epoch,
    version: 1,
    attempt_id: randomUUID(),
    attempt_number: 1,
    ack_deadline: null,
    ack_in_ms: null,
    next_heartbeat_in_ms: null,
    next: null,
    retry_after_ms: null,
    reason: row.state === 'rejected' ? { code: 'domain_closed', text: 'closed' } : null,
  });
  const nodes: SelfCheckParts['nodes'] = {
    introspect(message) {
      asked.push(message);
      if (world.awayFor-- > 0) return Promise.reject(new OmniBaseError('ND013', { details: { part: 'worker' } }));
      if (world.introspect !== null) Object.assign(row, { state: world.introspect, epoch: row.epoch + 1, beat: null });
      return Promise.resolve(answer('started'));
    },
    ack() {
      const before = row.state;
      row.state = 'active';
      const told = answer('activated');
      row.state = world.ack ?? before;
      return Promise.resolve(told);
    },
    heartbeat() {
      if (world.storesBeats) row.beat = new Date().toISOString();
      if (world.expires) setTimeout(() => Object.assign(row, { state: 'liveness_expired' }), 5);
      return Promise.resolve({ ...answer('accepted'), edge: 'applied' as const });
    },
    get: () =>
      Promise.resolve({
        ...emptyNodeRow,
        current_state: row.state,
        epoch: row.epoch,
        live: { ...emptyNodeRow.live, epoch: row.epoch, last_heartbeat_at: row.beat },
      }),
  };
  const outcome = runSelfCheck({
    nodes,
    settings: settingsOver,
    nodeId: randomUUID(),
    newId: randomUUID,
    call: { principal: { id: 'system:self-check', kind: 'service', capabilities: [] }, correlation_id: 'c' },
    signal: new AbortController().signal,
    patienceMs: 600,
    rowWithinMs: 20,
  });
  return { outcome, asked };
}

describe('the self-check', () => {
  it('passes when the row goes all the way', async () => {
    const { outcome, asked } = check();
    expect(await outcome).toEqual({ ok: true, took_ms: expect.any(Number) as number });
    expect(asked).toMatchObject([{ domain: selfCheckDomain, reason: 'startup', node_type: 'effect' }]);
  });

  it.each<[string, Partial<World>, string]>([
    ['answers come, but the row does not become active', { ack: null }, 'ack'],
    ['a beat is accepted and not stored', { storesBeats: false }, 'beat'],
    ['nobody expires', { expires: false }, 'expire'],
    ['the engine stays away', { awayFor: 100 }, 'register'],
  ])('fails when %s', async (_, world, step) => {
    expect(await check(world).outcome).toMatchObject({ ok: false, step, reason: expect.any(String) as string });
  });

  it('waits for an engine that comes later', async () => {
    const { outcome, asked } = check({ awayFor: 1 });
    expect(await outcome).toMatchObject({ ok: true });
    expect(asked).toHaveLength(2);
  });

  it('says when the policy lets no synthetic node in', async () => {
    expect(await check({ introspect: 'rejected' }).outcome).toEqual({ ok: null, reason: 'domain_closed' });
  });

  it('offers what the policy requires', async () => {
    const { registration } = settings;
    const admission = {
      ...registration.admission,
      node_types: ['reducer'] as const,
      required_capabilities: ['database'],
    };
    const { asked, outcome } = check({}, { ...settings, registration: { ...registration, admission } });
    await outcome;
    expect(asked).toMatchObject([{ node_type: 'reducer', declared_capabilities: { database: true } }]);
  });
});
