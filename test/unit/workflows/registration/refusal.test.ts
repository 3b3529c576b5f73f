/** Errors of the catalogue across the engine, and what validators refuse (registration.md 9). */
import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { refuseMalformed } from '../../../../workflows/registration/receive.ts';
import {
  readRefusal,
  refusing,
  refusingAtOnce,
  toApplicationFailure,
} from '../../../../workflows/registration/refusal.ts';
import { ackMessage, deregistration, introspection, nodeId } from '../../domain/registration/decide/support.ts';

const refused = toApplicationFailure(new OmniBaseError('ND005'));
const inActivity = (cause: Error) =>
  new ActivityFailure('failed', 'persistTransitions', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', cause);

describe('a refusal', () => {
  it('is read from an activity, local or not', () => {
    expect(readRefusal(refused)).toMatchObject({ code: 'ND005' });
    expect(readRefusal(inActivity(refused))).toMatchObject({ code: 'ND005' });
  });

  it('is nothing else', () => {
    expect(readRefusal(new Error('a defect'))).toBeNull();
    expect(readRefusal(inActivity(new TimeoutFailure('late', undefined, TimeoutType.START_TO_CLOSE)))).toBeNull();
    expect(readRefusal(ApplicationFailure.create({ message: 'of somebody else' }))).toBeNull();
  });

  it('travels to a caller whole and is not repeated', async () => {
    const failure = await refusing(() => Promise.reject(new OmniBaseError('ND001'))).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'InvalidMessage', nonRetryable: true, details: [{ code: 'ND001' }] });
    expect(() =>
      refusingAtOnce(() => {
        throw new OmniBaseError('ND001');
      }),
    ).toThrow(ApplicationFailure);
    expect(await refusing(() => Promise.resolve(1))).toBe(1);
  });

  it('leaves a defect what it is', async () => {
    await expect(refusing(() => Promise.reject(new TypeError('a defect')))).rejects.toThrow(TypeError);
    expect(() =>
      refusingAtOnce(() => {
        throw new TypeError('a defect');
      }),
    ).toThrow(TypeError);
  });
});

describe('a validator', () => {
  const key = { entity_id: nodeId, domain: 'registration' };

  it('takes what has the right shape, without an id of its own', () => {
    const { command_id: _ack, ...ack } = ackMessage(null);
    const { command_id: _command, ...command } = deregistration();
    expect(() => refuseMalformed.introspect(key, introspection())).not.toThrow();
    expect(() => refuseMalformed.ack(key, ack)).not.toThrow();
    expect(() => refuseMalformed.deregister(key, command)).not.toThrow();
  });

  it('refuses wrong shapes and messages for another node', () => {
    for (const check of [refuseMalformed.introspect, refuseMalformed.ack, refuseMalformed.deregister]) {
      expect(() => check(key, null)).toThrow(OmniBaseError);
      expect(() => check(key, { node_id: 1 })).toThrow(OmniBaseError);
    }
    expect(() => refuseMalformed.edge({})).toThrow(OmniBaseError);
    expect(() => refuseMalformed.introspect({ ...key, domain: 'other' }, introspection())).toThrow(OmniBaseError);
    expect(() => refuseMalformed.ack({ ...key, entity_id: 'x' }, ackMessage(null))).toThrow(OmniBaseError);
  });
});
