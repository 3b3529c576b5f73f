/** What the node commands make of words and files, and what an answer means for the exit code. */
import { describe, expect, it } from 'vitest';
import { acknowledgeOffer, ackOf } from '../../../cli/nodes/acknowledge.ts';
import {
  ackExitCode,
  deregisterExitCode,
  heartbeatExitCode,
  isRegistered,
  registerExitCode,
} from '../../../cli/nodes/exit-codes.ts';
import { type IntrospectionWishes, introspectionOf } from '../../../cli/nodes/introspection.ts';
import { domainOf, domainsOf, nodeKeyOf } from '../../../cli/nodes/options.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import {
  ackResults,
  deregisterResults,
  heartbeatResults,
  introspectionResults,
  registrationStates,
} from '../../../contracts/node/vocabulary.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { checkAck } from '../../../domain/registration/messages.ts';
import { acked, attemptId, introspected, nodeId } from './support/nodes.ts';

const correlation = '0199aaaa-0000-7000-8000-0000000000cc';
const nothing: IntrospectionWishes = {
  id: undefined,
  domain: undefined,
  type: undefined,
  name: undefined,
  nodeVersion: undefined,
  tags: [],
  component: undefined,
  reason: undefined,
};
const source = (text: string, shown = 'node.yaml') => ({ shown, path: `/${shown}`, text });

function refusalOf(action: () => unknown): OmniBaseError {
  try {
    action();
  } catch (error) {
    if (error instanceof OmniBaseError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('an introspection', () => {
  it('needs no more than a type; the rest is made', () => {
    const message = introspectionOf(null, { ...nothing, type: 'effect' }, correlation);
    expect(message).toMatchObject({
      node_type: 'effect',
      node_version: '1.0.0',
      domain: 'registration',
      reason: 'startup',
      correlation_id: correlation,
      contract_capabilities: null,
    });
    expect(message.message_id).not.toBe(correlation);
    expect(message.node_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs(Date.now() - Date.parse(message.timestamp))).toBeLessThan(5_000);
  });

  it('takes its correlation id from the command only where that is a uuid', () => {
    const message = introspectionOf(null, { ...nothing, type: 'effect' }, 'nightly-job');
    expect(message.correlation_id).toMatch(/^[0-9a-f]{8}-/);
  });

  it('has every option', () => {
    const wishes = {
      id: nodeId.toUpperCase(),
      domain: 'other',
      type: 'compute',
      name: 'mailer',
      nodeVersion: '2.1.0',
      tags: ['gpu', 'mail', 'gpu'],
      component: 'acme.mailer@1.2.0',
      reason: 'capability_change',
    };
    expect(introspectionOf(null, wishes, correlation)).toMatchObject({
      node_id: nodeId,
      domain: 'other',
      node_type: 'compute',
      node_name: 'mailer',
      node_version: '2.1.0',
      component: { name: 'acme.mailer', version: '1.2.0' },
      reason: 'capability_change',
      contract_capabilities: { capability_tags: ['gpu', 'mail'] },
    });
  });

  it('names a component by its id, or by name and version with the last @', () => {
    const componentOf = (component: string) =>
      introspectionOf(null, { ...nothing, type: 'effect', component }, correlation).component;
    expect(componentOf(attemptId)).toEqual({ id: attemptId });
    expect(componentOf('@team/tool@1.0.0')).toEqual({ name: '@team/tool', version: '1.0.0' });
    expect(refusalOf(() => componentOf('tool')).code).toBe('ND001');
  });

  it.each([
    ['YAML', 'node.yaml', `node_id: ${nodeId}\nnode_type: reducer\nmetadata: { region: eu }\n`],
    ['JSON', 'node.json', JSON.stringify({ node_id: nodeId, node_type: 'reducer', metadata: { region: 'eu' } })],
  ])('is read from %s, with the options laid over it', (_, name, text) => {
    const message = introspectionOf(source(text, name), { ...nothing, type: 'effect', tags: ['x'] }, correlation);
    expect(message).toMatchObject({
      node_id: nodeId,
      node_type: 'effect',
      metadata: { region: 'eu' },
      contract_capabilities: { capability_tags: ['x'] },
    });
  });

  it('adds tags to those of the file', () => {
    const text = 'node_type: effect\ncontract_capabilities: { capability_tags: [a], intent_types: [mail.send] }\n';
    expect(
      introspectionOf(source(text), { ...nothing, tags: ['b', 'a'] }, correlation).contract_capabilities,
    ).toMatchObject({
      capability_tags: ['a', 'b'],
      intent_types: ['mail.send'],
    });
  });

  it('keeps the ids a file gives', () => {
    const text = `node_type: effect\nmessage_id: ${attemptId}\ncorrelation_id: ${nodeId}\n`;
    expect(introspectionOf(source(text), nothing, correlation)).toMatchObject({
      message_id: attemptId,
      correlation_id: nodeId,
    });
  });

  it('tells every problem at once and repeats no value', () => {
    const text = 'node_type: robot\nnode_version: v1\nendpoints: { a: "http://user:hunter2@h" }\nnode_nam: x\n';
    const refusal = refusalOf(() => introspectionOf(source(text), nothing, correlation));
    expect(refusal).toMatchObject({ code: 'ND001', exitCode: 2 });
    expect(refusal.issues?.map(({ path }) => path).sort()).toEqual([
      'endpoints.a',
      'node_nam',
      'node_type',
      'node_version',
    ]);
    expect(refusal.message).toMatch(/^node\.yaml: .* \(and 3 more\)$/);
    expect(JSON.stringify(refusal.toBody())).not.toMatch(/hunter2|robot/);
  });

  it.each([['- a\n'], ['just text\n'], [''], ['node_type: [\n'], ['{"a":']])('is refused as no object: %j', (text) => {
    expect(refusalOf(() => introspectionOf(source(text), nothing, correlation))).toMatchObject({
      code: 'ND001',
      exitCode: 2,
    });
  });

  it('without anything says what is missing', () => {
    const refusal = refusalOf(() => introspectionOf(null, nothing, correlation));
    expect(refusal.issues?.map(({ path }) => path)).toEqual(['node_type']);
  });
});

describe('operands', () => {
  it('are a uuid in any case', () => {
    expect(nodeKeyOf(nodeId.toUpperCase(), undefined)).toEqual({ node_id: nodeId, domain: 'registration' });
  });

  it.each(['', 'x', nodeId.slice(1), `${nodeId}0`, '../../etc'])('%j is no node id', (id) => {
    expect(refusalOf(() => nodeKeyOf(id, undefined))).toMatchObject({ code: 'OB002', exitCode: 2 });
  });

  it.each(['', ' ', '-a', 'a/b', 'ä', 'a'.repeat(129), '*'])('%j is no domain', (domain) => {
    expect(refusalOf(() => domainOf(domain))).toMatchObject({ code: 'OB002', exitCode: 2 });
  });

  it('all domains can be asked for where there are many nodes', () => {
    expect([domainsOf(undefined), domainsOf('*'), domainsOf('a:b.c')]).toEqual(['registration', null, 'a:b.c']);
  });
});

describe('exit codes', () => {
  it.each(introspectionResults)('register answered %s', (result) => {
    const codes: Partial<Record<typeof result, number>> = { rejected: 1, refused_change: 1, unknown_node: 3 };
    const answer = introspected({ result, ...(result === 'rejected' ? { state: 'rejected' } : {}) });
    expect(registerExitCode(answer, 'not asked')).toBe(codes[result] ?? 0);
  });

  it.each(registrationStates)('register repeated in state %s', (state) => {
    const ended = state === 'rejected' || state === 'liveness_expired';
    const answer = introspected({ result: 'duplicate', state });
    expect([isRegistered(answer), registerExitCode(answer, 'not asked')]).toEqual([!ended, ended ? 1 : 0]);
  });

  it.each([
    ['activated', 'active', 0],
    ['duplicate', 'active', 0],
    ['duplicate', 'liveness_expired', 1],
    ['recorded', 'awaiting_ack', 1],
    ['too_late', 'ack_timed_out', 1],
  ] as const)('register --ack answered %s in state %s is %i', (result, state, code) => {
    expect(registerExitCode(introspected(), acked({ result, state }))).toBe(code);
  });

  it('register --ack without an offer is 1', () => {
    expect(registerExitCode(introspected({ state: 'pending_registration' }), 'no offer')).toBe(1);
  });

  it.each(ackResults)('ack answered %s', (result) => {
    const zero = ['activated', 'duplicate', 'recorded'].includes(result);
    expect(ackExitCode(result)).toBe(result === 'unknown_node' ? 3 : zero ? 0 : 1);
  });

  it.each(heartbeatResults)('heartbeat answered %s', (result) => {
    expect(heartbeatExitCode(result)).toBe(result === 'accepted' ? 0 : result === 'unknown_node' ? 3 : 1);
  });

  it.each(deregisterResults)('deregister answered %s', (result) => {
    expect(deregisterExitCode(result)).toBe(result === 'unknown_node' ? 3 : result === 'stale_epoch' ? 1 : 0);
  });
});

describe('acknowledging at once', () => {
  const key = { node_id: nodeId, domain: 'registration' };
  const call: CallContext = {
    principal: { id: 'user:a', kind: 'user', capabilities: [] },
    correlation_id: correlation,
    deadline_ms: 100,
  };
  const offer = {
    state: 'awaiting_ack' as const,
    epoch: 2,
    attempt_id: attemptId,
    attempt_number: 1,
    ack_deadline: '2026-01-01T12:00:30.000Z',
    ack_in_ms: 30_000,
  };
  const nodes = (offers: (typeof offer | null)[]) => {
    const asked: (string | null)[] = [];
    return {
      asked,
      ack: (ack: { attempt_id: string | null }) => {
        asked.push(ack.attempt_id);
        return Promise.resolve(acked());
      },
      offer: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return offers.shift() ?? null;
      },
    };
  };

  it('uses the attempt of the answer', async () => {
    const plane = nodes([]);
    await acknowledgeOffer(plane, key, introspected(), call);
    expect(plane.asked).toEqual([attemptId]);
  });

  it('waits for the offer while nothing is decided', async () => {
    const plane = nodes([null, offer]);
    const answer = introspected({ result: 'deciding', state: 'pending_registration', attempt_id: null });
    expect(await acknowledgeOffer(plane, key, answer, call)).toMatchObject({ result: 'activated' });
    expect(plane.asked).toEqual([attemptId]);
  });

  it('gives up when nothing is decided in time', async () => {
    const answer = introspected({ result: 'deciding', state: 'pending_registration', attempt_id: null });
    expect(await acknowledgeOffer(nodes([]), key, answer, call)).toBe('no offer');
  });

  it('acknowledges nothing that was refused', async () => {
    const plane = nodes([offer]);
    expect(await acknowledgeOffer(plane, key, introspected({ result: 'rejected', state: 'rejected' }), call)).toBe(
      'no offer',
    );
    expect(plane.asked).toEqual([]);
  });

  it('sends the key alone, whatever it was taken from', () => {
    const message = introspectionOf(null, { ...nothing, type: 'effect' }, correlation);
    expect(checkAck(ackOf(message, attemptId, correlation))).toMatchObject({ ok: true });
  });

  it('names each command anew', () => {
    const [first, second] = [ackOf(key, null, 'x'), ackOf(key, null, correlation)];
    expect(first.command_id).not.toBe(second.command_id);
    expect([first.correlation_id, second.correlation_id]).toEqual([null, correlation]);
  });
});
