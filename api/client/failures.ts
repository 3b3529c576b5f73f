/** What can go wrong between a client and a gateway, as errors of the catalogue. */
import { type ErrorBody, OmniBaseError } from '../../contracts/error.ts';

/** System errors that say "nobody is there", and what a person would call them. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the socket does not exist',
  ECONNREFUSED: 'nobody listens there',
  EACCES: 'the socket belongs to another user',
  ENOTFOUND: 'the host name is not known',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the host does not answer',
};

/** `OB010` with the address and `details.reason` = the system's code. */
export function fromNetwork(cause: unknown, address: string): OmniBaseError {
  if (cause instanceof OmniBaseError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN';
  const text = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new OmniBaseError('OB010', {
    message: `the gateway at ${address} is not reachable: ${text}`,
    details: { address, reason: code },
    cause,
  });
}

/** The error an answer carries; an answer without an error body did not come from a gateway. */
export function errorFromAnswer(status: number, text: string, address: string): OmniBaseError {
  const body = errorBodyOf(text);
  if (body !== null) return OmniBaseError.fromBody(body);
  if (status >= 502 && status <= 504) {
    return new OmniBaseError('OB010', {
      message: `the gateway at ${address} is not reachable: status ${status} from something before it`,
      details: { address, reason: `HTTP${status}` },
    });
  }
  return notAGateway(address, `status ${status}`);
}

/** `OB017`: something answers, but not as an OmniBase gateway does. */
export function notAGateway(address: string, what: string): OmniBaseError {
  return new OmniBaseError('OB017', {
    message: `what answers at ${address} is not an OmniBase gateway (${what})`,
    details: { address },
    next: 'check OMNIBASE_URL, or run `omnibase status`',
  });
}

/** `OB016` for a call that was not answered in time. */
export function notInTime(address: string, timeoutMs: number): OmniBaseError {
  return new OmniBaseError('OB016', {
    message: `the gateway at ${address} did not answer within ${timeoutMs} ms`,
    details: { address, deadline_ms: timeoutMs },
  });
}

function errorBodyOf(text: string): Partial<ErrorBody> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('error' in value)) return null;
    const { error } = value;
    return typeof error === 'object' && error !== null && 'code' in error ? (error as Partial<ErrorBody>) : null;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}
