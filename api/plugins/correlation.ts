/**
 * One id ties a request to its log lines, its workflow and its answer: `X-Correlation-ID` when it is 1-128
 * printable ASCII characters, else a new UUIDv7.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { correlationHeader } from '../../contracts/gateway.ts';

/** Fastify's id of the request; given to the constructor as `genReqId`. */
export function correlationId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[correlationHeader];
  return typeof given === 'string' && /^[!-~]{1,128}$/.test(given) ? given : uuidV7();
}

export function installCorrelation(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(correlationHeader, request.id).header('cache-control', 'no-store');
    done();
  });
}

/** RFC 9562 UUID version 7: 48 bits of Unix milliseconds, the rest random. */
export function uuidV7(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
