/** What the Temporal client throws, as errors of the catalogue. */
import {
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, RetryState } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { fromEngineError } from '../../../client/engine-errors.ts';
import { OmniBaseError } from '../../../contracts/error.ts';

const call = { id: 'stage/ci/1', address: 'localhost:7233' };
const grpc = (code: number): Error => Object.assign(new Error(`grpc ${code}`), { code });
const refused = ApplicationFailure.create({ message: 'ended', details: [new OmniBaseError('OR031').toBody()] });

describe('fromEngineError', () => {
  it.each([
    ['what a validator refused with', new WorkflowUpdateFailedError('refused', refused), 'OR031'],
    [
      'what a workflow failed with',
      new WorkflowFailedError('failed', refused, RetryState.NON_RETRYABLE_FAILURE),
      'OR031',
    ],
    ['an unknown workflow', new WorkflowNotFoundError('none', 'stage/ci/1', undefined), 'OR030'],
    ['an update that got no answer', new WorkflowUpdateRPCTimeoutOrCancelledError('late'), 'OB016'],
    ['a server that is not there', new ServiceError('down', { cause: grpc(14) }), 'OB010'],
    ['the same by the native connection', grpc(14), 'OB010'],
    ['a server that does not answer', new ServiceError('slow', { cause: grpc(4) }), 'OB010'],
    ['too many updates in flight', new ServiceError('full', { cause: grpc(8) }), 'OR032'],
  ])('knows %s', (_, error, code) => {
    expect(fromEngineError(error, call)).toMatchObject({ code });
  });

  it('names the address that was tried', () => {
    expect(fromEngineError(grpc(14), call)).toMatchObject({ details: { address: 'localhost:7233' } });
    expect(fromEngineError(grpc(14), { id: 'x' })).toMatchObject({ message: 'no Temporal server answers' });
  });

  it.each([
    ['another gRPC error', grpc(3)],
    ['a failed update without a body', new WorkflowUpdateFailedError('x', new Error('y'))],
    [
      'a failure of somebody else',
      new WorkflowFailedError('x', ApplicationFailure.create({ details: ['text'] }), RetryState.NON_RETRYABLE_FAILURE),
    ],
    ['no error at all', 'text'],
  ])('leaves %s as it is', (_, error) => {
    expect(fromEngineError(error, call)).toBe(error);
  });
});
