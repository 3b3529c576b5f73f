/** Errors across Temporal: what retries, what travels (platform.md 7). */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { fromFailure, toFailure } from '../../../activities/failure.ts';
import { errorCatalogue, type ErrorCode, OmniBaseError } from '../../../contracts/error.ts';

describe('toFailure', () => {
  it('keeps code, class, details and whether it may be retried, for every code', () => {
    for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
      const error = new OmniBaseError(code, { details: { ref: 'x' }, next: 'do this' });
      const failure = toFailure(error);
      expect(failure).toBeInstanceOf(ApplicationFailure);
      expect(failure).toMatchObject({ type: error.class, nonRetryable: !error.retryable, details: [error.toBody()] });
      expect(fromFailure(failure)?.toBody()).toEqual(error.toBody());
    }
  });

  it('knows a database that is away', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(toFailure(refused)).toMatchObject({ type: 'DatabaseUnavailableError', nonRetryable: false });
  });

  it.each([[new TypeError('x is undefined')], ['thrown text']])('makes %s a defect of ours', (thrown) => {
    const failure = toFailure(thrown);
    expect(failure).toMatchObject({ type: 'InternalError', nonRetryable: true });
    expect(fromFailure(failure)?.code).toBe('OB001');
  });

  it('lets the caller say when to try again', () => {
    const failure = toFailure(new OmniBaseError('NE001'), { retryable: true, nextRetryDelayMs: 120 });
    expect(failure).toMatchObject({ nonRetryable: false, nextRetryDelay: 120 });
  });

  it.each([[new CancelledFailure('stop')], [ApplicationFailure.create({ message: 'as it is' })]])(
    'hands %s on',
    (failure) => {
      expect(toFailure(failure)).toBe(failure);
    },
  );
});

describe('fromFailure', () => {
  it.each([[new Error('x')], [ApplicationFailure.create({})], [ApplicationFailure.create({ details: ['text'] })]])(
    'finds no error of ours in %s',
    (failure) => {
      expect(fromFailure(failure)).toBeNull();
    },
  );
});
