/** What callers of registrations hear when the engine does not play along (registration.md 14). */
import { describe, expect, it } from 'vitest';
import { registrationWorkflowId as named } from '../../../client/ids.ts';
import { fromRegistrationError, isGivenBack, isNotFound } from '../../../client/registration-errors.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { registrationWorkflowId } from '../../../domain/registration/ids.ts';

const key = { entity_id: '00000000-0000-4000-8000-000000000001', domain: 'registration' };
const grpc = (code: number, message = 'x') => Object.assign(new Error(message), { code });
const byName = (name: string, cause?: unknown) => Object.assign(new Error('x', { cause }), { name });

describe('an error of the engine', () => {
  it.each([
    [grpc(14), 'ND013', 'the Temporal server'],
    [grpc(4), 'ND013', 'omnibase-control'],
    [grpc(1), 'ND013', 'omnibase-control'],
    [byName('WorkflowUpdateRPCTimeoutOrCancelledError'), 'ND013', 'omnibase-control'],
    [byName('ServiceError', grpc(14)), 'ND013', 'the Temporal server'],
    [grpc(8), 'ND014', 'in flight'],
    [grpc(10), 'ND014', 'in flight'],
    [grpc(9, 'due to Workflow Task in failed state.'), 'ND013', 'omnibase-control'],
    [new OmniBaseError('OR032'), 'ND014', 'in flight'],
    [grpc(5), 'ND003', key.entity_id],
    [byName('WorkflowNotFoundError'), 'ND003', key.entity_id],
  ])('%s is %s', (error, code, text) => {
    const told = fromRegistrationError(error, key);
    expect(told).toMatchObject({ code });
    expect(String(told)).toContain(text);
  });

  it('carries what the workflow refused with', () => {
    const cause = Object.assign(new Error('x'), { details: [new OmniBaseError('ND005').toBody()] });
    expect(fromRegistrationError(byName('WorkflowUpdateFailedError', cause), key)).toMatchObject({ code: 'ND005' });
    const silent = byName('WorkflowUpdateFailedError', Object.assign(new Error('x'), { details: ['text'] }));
    expect(fromRegistrationError(silent, key)).toBe(silent);
    const bare = byName('WorkflowUpdateFailedError');
    expect(fromRegistrationError(bare, key)).toBe(bare);
  });

  it('that is a defect stays what it is', () => {
    for (const error of [new TypeError('x'), grpc(3), 'text']) expect(fromRegistrationError(error, key)).toBe(error);
    const known = new OmniBaseError('ND001');
    expect(fromRegistrationError(known, key)).toBe(known);
  });
});

describe('an update that no run took', () => {
  it('is told from one that failed', () => {
    expect(isGivenBack(grpc(10))).toBe(true);
    expect(isGivenBack(grpc(9, 'due to unexpected workflow task failure.'))).toBe(true);
    expect(isGivenBack(byName('ServiceError', grpc(9, 'workflow task failure')))).toBe(true);
    expect(isGivenBack(grpc(9, 'the namespace is read-only'))).toBe(false);
    expect(isGivenBack(grpc(14))).toBe(false);
    expect(isGivenBack('text')).toBe(false);
  });

  it('of an unknown node is told by its code', () => {
    expect(isNotFound(new OmniBaseError('ND003'))).toBe(true);
    expect(isNotFound(new OmniBaseError('ND013'))).toBe(false);
    expect(isNotFound(grpc(5))).toBe(false);
  });
});

it('client and domain name a workflow alike', () => {
  expect(named(key.domain, key.entity_id)).toBe(registrationWorkflowId(key.domain, key.entity_id));
});
