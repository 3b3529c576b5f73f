/**
 * Every failure of the gateway as the one error body of platform.md 5. Known errors keep their code and
 * status; what Fastify refuses is translated; anything else is `OB001`, whose cause goes to the log and
 * never into the answer.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OmniBaseError } from '../../contracts/error.ts';
import { correlationHeader } from '../../contracts/gateway.ts';
import { defaultBodyLimit } from '../routing/limits.ts';
import { invalidRequest } from '../routing/validate.ts';
import { uuidV7 } from './correlation.ts';

const retryAfterS = 1;
const longestEcho = 100;

export function installErrors(app: FastifyInstance): void {
  app.setErrorHandler((cause, request, reply) => sendError(cause, request, reply));
}

/** Answers with the error body; also used where Fastify fails before its hooks ran (broken URLs). */
export function sendError(cause: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = isFastifyError(cause) ? fromFastify(cause, request) : toOmniBaseError(cause);
  logFailure(request.log, error, cause, request.id);
  reply.header(correlationHeader, request.id).header('cache-control', 'no-store');
  const status = request.routeOptions?.config?.route?.errorStatus?.[error.code] ?? error.httpStatus;
  if (status === 503 || status === 429) reply.header('retry-after', retryAfter(error));
  if (error.code === 'OB006') reply.header('www-authenticate', 'Bearer realm="omnibase"');
  const allowed = error.details?.['allowed'];
  if (error.code === 'OB007' && typeof allowed === 'string') reply.header('allow', allowed);
  return reply
    .status(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: error.toBody(), correlation_id: request.id }));
}

/** Anything thrown as an error of the catalogue. */
export function toOmniBaseError(cause: unknown): OmniBaseError {
  return cause instanceof OmniBaseError ? cause : new OmniBaseError('OB001', { cause });
}

function logFailure(log: FastifyBaseLogger, error: OmniBaseError, cause: unknown, correlationId: string): void {
  if (error.httpStatus < 500 && error.code !== 'OB001') return;
  log.error({ err: cause, code: error.code, correlation_id: correlationId }, error.message);
}

function retryAfter(error: OmniBaseError): string {
  const given = error.details?.['retry_after_s'] ?? error.details?.['retry_after_seconds'];
  return String(typeof given === 'number' && given >= 1 ? Math.ceil(given) : retryAfterS);
}

function isFastifyError(cause: unknown): cause is FastifyError {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && cause.code.startsWith('FST_');
}

function fromFastify(cause: FastifyError, request: FastifyRequest): OmniBaseError {
  switch (cause.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return unsupportedMediaType(request);
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new OmniBaseError('OB009', {
        details: { limit_bytes: request.routeOptions.bodyLimit ?? defaultBodyLimit },
      });
    case 'FST_ERR_BAD_URL':
      return refusal('path', 'is not a well-formed URL path');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return refusal('path', 'is too long');
    default:
      return cause.statusCode !== undefined && cause.statusCode < 500
        ? refusal('request', cause.message)
        : new OmniBaseError('OB001', { cause });
  }
}

/** `OB008` with what came and what this route takes. */
export function unsupportedMediaType(request: FastifyRequest): OmniBaseError {
  const received = request.headers['content-type']?.slice(0, longestEcho) ?? 'none';
  const expected = (request.routeOptions.config.route?.accepts ?? ['application/json']).join(' or ');
  return new OmniBaseError('OB008', { details: { received, expected } });
}

/** `OB004` with one issue. */
export function refusal(path: string, message: string): OmniBaseError {
  return invalidRequest([{ code: 'OB004', severity: 'error', path, message }]);
}

/**
 * Answers what the HTTP parser itself refused: no request object exists, so the answer is written by hand.
 * The connection is closed, its state is unknown.
 */
export function answerBrokenRequest(cause: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || cause.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = cause.code === 'HPE_HEADER_OVERFLOW' ? 431 : cause.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const error = refusal('request', 'is not well-formed HTTP').toBody();
  const correlation_id = uuidV7();
  const body = JSON.stringify({ error, correlation_id });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `${correlationHeader}: ${correlation_id}`,
    'cache-control: no-store',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
