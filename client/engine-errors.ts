/**
 * Turns what the Temporal client throws into errors of the catalogue. Errors are told apart by name and gRPC code, so
 * that this file need not load the client (120 ms).
 */
import { type ErrorBody, OmniBaseError } from '../contracts/error.ts';

export interface EngineCall {
  /** host:port, when known. */
  readonly address?: string;
  /** Id of the run or workflow as the caller gave it. */
  readonly id: string;
}

/** gRPC status codes that mean the server is not there or too busy. */
const grpc = { deadlineExceeded: 4, resourceExhausted: 8, unavailable: 14 } as const;

/**
 * The error of the catalogue for `error`: OR030 unknown run, OR032 too many updates, OB010 server not there,
 * OB016 no answer to an update in time, or what a validator inside the workflow refused with. Anything else is returned as it is.
 */
export function fromEngineError(error: unknown, call: EngineCall): unknown {
  if (!(error instanceof Error)) return error;
  switch (error.name) {
    case 'WorkflowUpdateFailedError':
    case 'WorkflowFailedError':
      return fromApplicationFailure(error.cause) ?? error;
    case 'WorkflowNotFoundError':
      return new OmniBaseError('OR030', { details: { id: call.id }, cause: error });
    case 'WorkflowUpdateRPCTimeoutOrCancelledError':
      return new OmniBaseError('OB016', { cause: error });
    default:
      return fromGrpc(error, call);
  }
}

function fromGrpc(error: Error, { address }: EngineCall): Error {
  const code = grpcCodeOf(error) ?? grpcCodeOf(error.cause);
  if (code === grpc.resourceExhausted) return new OmniBaseError('OR032', { cause: error });
  // A call that nobody answers in time ends as either of the two.
  if (code !== grpc.unavailable && code !== grpc.deadlineExceeded) return error;
  const details = address === undefined ? {} : { details: { address } };
  const where = address === undefined ? '' : ` at ${address}`;
  return new OmniBaseError('OB010', { message: `no Temporal server answers${where}`, ...details, cause: error });
}

function fromApplicationFailure(cause: unknown): OmniBaseError | null {
  if (typeof cause !== 'object' || cause === null || !('details' in cause) || !Array.isArray(cause.details))
    return null;
  const [body]: unknown[] = cause.details;
  if (typeof body !== 'object' || body === null || !('code' in body)) return null;
  return OmniBaseError.fromBody(body as Partial<ErrorBody>);
}

function grpcCodeOf(error: unknown): number | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : null;
}
