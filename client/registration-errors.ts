/**
 * What the Temporal client throws, as callers of registrations hear it (registration.md 14): ND013 naming the part that
 * does not answer, ND014 when too much is in flight, ND003 for an unknown node, or what the workflow refused with.
 */
import { type ErrorBody, OmniBaseError } from '../contracts/error.ts';
import type { RegistrationKey } from '../contracts/node/workflow.ts';
import { controlQueue } from './queues.ts';

/** gRPC status codes (grpc.io), told apart by number so that this file need not load the client. */
const grpc = {
  failedPrecondition: 9,
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  aborted: 10,
  unavailable: 14,
} as const;

const retryAfterSeconds = 1;

/** The error of the catalogue for `error`; a defect is returned as it is. */
export function fromRegistrationError(error: unknown, { entity_id, domain }: RegistrationKey): unknown {
  if (error instanceof OmniBaseError) {
    // The lane of the workflow is full: the same as the server's own limit.
    return error.code === 'OR032' ? overloaded(error) : error;
  }
  if (!(error instanceof Error)) return error;
  switch (error.name) {
    case 'WorkflowUpdateFailedError':
    case 'WorkflowFailedError':
      return refusalOf(error.cause) ?? error;
    case 'WorkflowNotFoundError':
      return new OmniBaseError('ND003', { details: { id: entity_id, domain }, cause: error });
    case 'WorkflowUpdateRPCTimeoutOrCancelledError':
    case 'QueryNotRegisteredError':
    case 'QueryRejectedError':
      return workerAway(error);
    default:
      return fromGrpc(error, entity_id, domain);
  }
}

/**
 * True for an update that no run has taken: the run was about to hand over, or its task failed because something else
 * came in at that moment.
 */
export function isGivenBack(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = grpcCodeOf(error) ?? grpcCodeOf(error.cause);
  if (code === grpc.aborted) return true;
  return code === grpc.failedPrecondition && /workflow task failure/i.test(`${error.message} ${textOf(error.cause)}`);
}

/** True for the ND003 of a node without a workflow. */
export function isNotFound(error: unknown): boolean {
  return error instanceof OmniBaseError && error.code === 'ND003';
}

function fromGrpc(error: Error, id: string, domain: string): Error {
  switch (grpcCodeOf(error) ?? grpcCodeOf(error.cause)) {
    case grpc.notFound:
      return new OmniBaseError('ND003', { details: { id, domain }, cause: error });
    case grpc.resourceExhausted:
    // Given back until the time was up.
    case grpc.aborted:
      return overloaded(error);
    case grpc.unavailable:
      return unavailable('the Temporal server', error);
    case grpc.deadlineExceeded:
    case grpc.cancelled:
    // "Workflow Task in failed state": workers died over its tasks, and the next one has not begun.
    case grpc.failedPrecondition:
      return workerAway(error);
    default:
      return error;
  }
}

/** The server took the call and nobody answered it: a worker is missing, or the database it waits for. */
function workerAway(cause: Error): OmniBaseError {
  return unavailable(`a worker of the queue ${controlQueue}`, cause);
}

function unavailable(part: string, cause: Error): OmniBaseError {
  return new OmniBaseError('ND013', { details: { part, retry_after_seconds: retryAfterSeconds }, cause });
}

function overloaded(cause: Error): OmniBaseError {
  return new OmniBaseError('ND014', { details: { retry_after_seconds: retryAfterSeconds }, cause });
}

function refusalOf(cause: unknown): OmniBaseError | null {
  if (typeof cause !== 'object' || cause === null || !('details' in cause) || !Array.isArray(cause.details))
    return null;
  const [body]: unknown[] = cause.details;
  if (typeof body !== 'object' || body === null || !('code' in body)) return null;
  return OmniBaseError.fromBody(body as Partial<ErrorBody>);
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}

function grpcCodeOf(error: unknown): number | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : null;
}
