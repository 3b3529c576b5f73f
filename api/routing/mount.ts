/**
 * Puts the routes on a Fastify instance: one handler for all of them, which opens the call, runs the
 * route and sends its answer. Bodies are parsed by `plugins/json-body.ts`, access was decided before by
 * `plugins/auth.ts`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nobody } from '../plugins/auth.ts';
import { instanceHeader } from '../../contracts/gateway.ts';
import { openCall } from './call.ts';
import { eventStream } from './event-stream.ts';
import { defaultBodyLimit } from './limits.ts';
import type { Answer, Route } from './route.ts';
import { streams } from './route-table.ts';
import { sseStream } from './sse.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route behind this handler; absent for requests that no route takes. */
    readonly route?: Route;
  }
}

export interface MountOptions {
  readonly instanceId: string;
  /** Milliseconds of silence after which a stream gets an empty line or a comment. */
  readonly keepAliveMs: number;
}

export function mountRoutes(app: FastifyInstance, routes: readonly Route[], options: MountOptions): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.bodyLimit ?? defaultBodyLimit,
      exposeHeadRoute: route.method === 'GET' && !streams(route),
      config: { route },
      handler: (request, reply) => answerCall(route, request, reply, options),
    });
  }
}

async function answerCall(route: Route, request: FastifyRequest, reply: FastifyReply, options: MountOptions) {
  const call = openCall(request, reply, request.principal ?? nobody);
  const { params, query, headers, body } = request;
  const answer = await call.withinDeadline(route.run({ params, query, headers, body }, call.context));
  return sendAnswer(answer, request, reply, options);
}

async function sendAnswer(answer: Answer, request: FastifyRequest, reply: FastifyReply, options: MountOptions) {
  if ('events' in answer) {
    const lines = await eventStream(answer.events, {
      correlationId: request.id,
      keepAliveMs: options.keepAliveMs,
      log: request.log,
    });
    reply.header(instanceHeader, options.instanceId).header('x-accel-buffering', 'no');
    return reply.status(200).type('application/x-ndjson; charset=utf-8').send(lines);
  }
  if ('sse' in answer) {
    const { keepAliveMs } = options;
    const messages = sseStream(answer.sse, { correlationId: request.id, keepAliveMs, log: request.log });
    reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    return reply.status(200).type('text/event-stream; charset=utf-8').send(messages);
  }
  reply.status(answer.status);
  if ('text' in answer) return reply.type(answer.type).send(answer.text);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  if (!('body' in answer)) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
}
