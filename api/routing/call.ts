/**
 * The context of one call: who asks, under which correlation id, how long it may take, and a signal that
 * fires when the caller has left or the time is over. A call that ignores its signal is still answered in
 * time (`OB016`).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OmniBaseError } from '../../contracts/error.ts';
import { deadlineHeader } from '../../contracts/gateway.ts';
import type { CallContext, Principal } from '../../contracts/registry.ts';
import { invalidRequest } from './validate.ts';

const defaultDeadlineMs = 60_000;
const longestDeadlineMs = 600_000;

/** Reason of the signal when the client closed its connection before the answer was complete. */
class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

export interface OpenCall {
  readonly context: CallContext;
  /** Settles as `work` does, or rejects with `OB016` when the deadline passes first. */
  withinDeadline<T>(work: Promise<T>): Promise<T>;
}

export function openCall(request: FastifyRequest, reply: FastifyReply, principal: Principal): OpenCall {
  const deadline = deadlineOf(request);
  const abort = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort(new ClientGone('the client closed the connection'));
  });
  return {
    context: { principal, correlation_id: request.id, signal: abort.signal, deadline_ms: deadline },
    withinDeadline: (work) => raceDeadline(work, deadline, abort),
  };
}

/** `X-Deadline-Ms`, else 60 s; values above ten minutes are cut. */
function deadlineOf(request: FastifyRequest): number {
  const given = request.headers[deadlineHeader];
  if (given === undefined) return defaultDeadlineMs;
  const value = typeof given === 'string' && /^\d{1,12}$/.test(given) ? Number(given) : 0;
  if (value < 1) {
    const path = `headers.${deadlineHeader}`;
    throw invalidRequest([
      { code: 'OB004', severity: 'error', path, message: 'expected whole milliseconds of at least 1' },
    ]);
  }
  return Math.min(value, longestDeadlineMs);
}

async function raceDeadline<T>(work: Promise<T>, deadlineMs: number, abort: AbortController): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new OmniBaseError('OB016', { details: { deadline_ms: deadlineMs } });
    abort.abort(error);
    reject(error);
  }, deadlineMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
