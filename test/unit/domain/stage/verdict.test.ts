import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../contracts/error.ts';
import type { Status } from '../../../../contracts/stage.ts';
import { exitCodeOf, exitOfError, type RunEnding, verdictOf } from '../../../../domain/stage/verdict.ts';

describe('verdict', () => {
  it.each<[Status[], Status]>([
    [[], 'skip'],
    [['skip'], 'skip'],
    [['skip', 'pass'], 'pass'],
    [['pass', 'warn'], 'warn'],
    [['warn', 'fail', 'pass'], 'fail'],
    [['fail', 'error', 'warn'], 'error'],
  ])('%j → %s', (statuses, expected) => {
    expect(verdictOf(statuses)).toBe(expected);
  });
});

function ending(changes: Partial<RunEnding>): RunEnding {
  return { state: 'completed', reason: null, errors: [], results: [], deprecated: false, fail_on: [], ...changes };
}

function component(status: Status, ...codes: ErrorCode[]) {
  return { status, errors: codes.map((code) => ({ code })) };
}

const cases: readonly [string, Partial<RunEnding>, number][] = [
  ['nothing', {}, 0],
  ['passed', { results: [component('pass'), component('warn'), component('skip')] }, 0],
  ['failed', { results: [component('pass'), component('fail')] }, 1],
  ['crash', { results: [component('error', 'NE001')] }, 1],
  [
    'timeout, memory, breaker',
    { results: [component('error', 'NE004'), component('error', 'NE008'), component('error', 'NE005')] },
    1,
  ],
  ['protocol violation', { results: [component('error', 'NE003'), component('fail')] }, 4],
  ['sandbox violation beats protocol', { results: [component('error', 'NE003'), component('error', 'NE010')] }, 5],
  ['errors beside another status do not count', { results: [component('warn', 'NE003')] }, 0],
  ['an error without a body', { results: [component('error')] }, 1],
  ['--fail-on warning', { results: [component('warn')], fail_on: ['warning'] }, 1],
  ['--fail-on warning without one', { results: [component('pass')], fail_on: ['warning'] }, 0],
  ['--fail-on deprecated', { results: [component('pass')], deprecated: true, fail_on: ['deprecated'] }, 1],
  ['deprecated alone', { results: [component('pass')], deprecated: true, fail_on: ['warning'] }, 0],
  ['--fail-on never lowers', { results: [component('error', 'NE010')], fail_on: ['warning'] }, 5],
  ['bad input', { state: 'errored', errors: [{ code: 'OR011' }] }, 2],
  ['resolution', { state: 'errored', errors: [{ code: 'OR002' }] }, 3],
  ['engine', { state: 'errored', errors: [{ code: 'OR062' }], results: [component('fail')] }, 6],
  ['the database as part of the engine', { state: 'errored', errors: [{ code: 'OB015' }] }, 6],
  ['engine without a word', { state: 'errored', results: [component('fail')] }, 6],
  ['deadline', { state: 'timed_out', errors: [{ code: 'OR040' }], results: [component('error', 'NE010')] }, 124],
  ['cancelled', { state: 'cancelled', reason: 'by hand', results: [component('fail')] }, 130],
  ['SIGINT', { state: 'cancelled', reason: 'SIGINT' }, 130],
  ['SIGTERM', { state: 'cancelled', reason: 'SIGTERM' }, 143],
  ['SIGHUP', { state: 'cancelled', reason: 'sighup' }, 143],
  ['without a reason', { state: 'cancelled' }, 130],
  ['not ended', { state: 'running' }, 130],
];

describe('exit code', () => {
  it.each(cases)('%s', (_, changes, expected) => {
    expect(exitCodeOf(ending(changes))).toBe(expected);
  });

  it('is 1 for an error of a later version', () => {
    expect(exitOfError({ code: 'ZZ999' as ErrorCode })).toBe(1);
    expect(exitOfError({ code: 'toString' as ErrorCode })).toBe(1);
  });
});
