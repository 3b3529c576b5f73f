import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { createBreaker } from '../../../../db/resilience/breaker.ts';
import { isDatabaseFailure, malformedRowError, toNodeError } from '../../../../db/resilience/database-errors.ts';
import { guardedBy } from '../../../../db/resilience/guarded.ts';

function failure(code: string, message = 'relation "secret" of value 42'): pg.DatabaseError {
  const error = new pg.DatabaseError(message, message.length, 'error');
  error.code = code;
  error.detail = 'Key (name)=(hunter2) already exists';
  return error;
}

describe('what a failure means', () => {
  it.each([
    ['nobody listens', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'ND009'],
    ['the connection broke', new Error('Connection terminated unexpectedly'), 'ND009'],
    ['the server shuts down', failure('57P01'), 'ND009'],
    ['no connection is free', new Error('timeout exceeded when trying to connect'), 'ND009'],
    ['the statement was cancelled', failure('57014'), 'ND010'],
    ['the lock was not given', failure('55P03'), 'ND010'],
    ['the server does not answer', new Error('Query read timeout'), 'ND010'],
    ['a constraint was hurt', failure('23514'), 'ND012'],
    ['a defect of ours', new TypeError('secret'), 'ND012'],
    ['something that is no error', 'secret', 'ND012'],
  ])('%s', (_what, error, code) => {
    const told = toNodeError(error);
    expect(told.code).toBe(code);
    expect(told.cause).toBe(error);
    expect(JSON.stringify([told.message, told.toBody()])).not.toMatch(/secret|hunter2|42/);
    expect(isDatabaseFailure(told)).toBe(true);
  });

  it('is left as it is where it has a code already', () => {
    const error = new OmniBaseError('ND007', { details: { from: 'a', to: 'b', kind: 'edge' } });
    expect(toNodeError(error)).toBe(error);
    expect(isDatabaseFailure(error)).toBe(false);
  });

  it('is none of the database where one row is malformed', () => {
    expect(isDatabaseFailure(malformedRowError({ entity_id: 'e', domain: 'd', path: 'metadata' }))).toBe(false);
  });
});

describe('a guarded call', () => {
  it('logs class, state and constraint of the cause, never its text', async () => {
    const logged: object[] = [];
    const cause = failure('23505');
    cause.constraint = 'registration_transitions_event';
    const guarded = guardedBy({ logger: { error: (fields) => logged.push(fields) } });
    await expect(guarded('persist', () => Promise.reject(cause))).rejects.toMatchObject({ code: 'ND012' });
    expect(logged).toEqual([
      expect.objectContaining({
        operation: 'persist',
        code: 'ND012',
        cause: 'DatabaseError',
        sqlstate: '23505',
        constraint: 'registration_transitions_event',
      }),
    ]);
    expect(JSON.stringify(logged)).not.toMatch(/secret|hunter2/);
  });

  it('logs no refusals', async () => {
    const logged: object[] = [];
    const breaker = createBreaker({
      name: 'postgres',
      settings: () => ({ threshold: 1, reset_ms: 1_000 }),
      now: () => 0,
    });
    const guarded = guardedBy({ breaker, logger: { error: (fields) => logged.push(fields) } });
    await expect(guarded('persist', () => Promise.reject(new OmniBaseError('ND002')))).rejects.toMatchObject({
      code: 'ND002',
    });
    await expect(guarded('persist', () => Promise.reject(failure('08006')))).rejects.toMatchObject({ code: 'ND009' });
    await expect(guarded('persist', () => Promise.resolve(1))).rejects.toMatchObject({ code: 'ND011' });
    expect(logged).toHaveLength(1);
  });
});

describe('the breaker around calls', () => {
  it('waits at least a second even when its period is 0', async () => {
    const clock = { now: 0 };
    const breaker = createBreaker({
      name: 'postgres',
      settings: () => ({ threshold: 1, reset_ms: 0 }),
      now: () => clock.now,
    });
    await expect(breaker.run(() => Promise.reject(failure('08006')))).rejects.toMatchObject({ code: 'ND009' });
    let finish: (value: string) => void = () => undefined;
    const probe = breaker.run(() => new Promise<string>((resolve) => (finish = resolve)));
    await expect(breaker.run(() => Promise.resolve(1))).rejects.toMatchObject({
      code: 'ND011',
      details: { circuit_state: 'half_open', retry_after_seconds: 1 },
    });
    finish('here');
    expect(await probe).toBe('here');
    expect(breaker.state()).toBe('closed');
  });

  it('counts one that throws before its first await', async () => {
    const breaker = createBreaker({
      name: 'postgres',
      settings: () => ({ threshold: 1, reset_ms: 1_000 }),
      now: () => 0,
    });
    await expect(
      breaker.run(() => {
        throw failure('08006');
      }),
    ).rejects.toMatchObject({ code: 'ND009' });
    expect(breaker.state()).toBe('open');
  });
});
