/**
 * Graceful end: once closing has begun, streams end so that their readers dial again, new requests are
 * answered 503 with `Retry-After` on a connection that is then closed, calls in flight finish, and then
 * the listeners close.
 */
import type { FastifyInstance } from 'fastify';
import { OmniBaseError } from '../../contracts/error.ts';

/** Shared with the readiness route and the listeners. */
export interface DrainState {
  draining: boolean;
  /** Each ends one listener; run once, together, when closing begins. */
  readonly listeners: (() => Promise<void>)[];
}

/** @param endStreams called once, before the listeners close */
export function installDrain(app: FastifyInstance, state: DrainState, endStreams: () => void): void {
  app.addHook('preClose', async () => {
    state.draining = true;
    endStreams();
    await Promise.all(state.listeners.map((close) => close()));
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!state.draining || request.routeOptions.config.route?.access === 'public') return done();
    reply.header('connection', 'close');
    done(new OmniBaseError('OB010', { message: 'the gateway is shutting down', details: { retry_after_s: 1 } }));
  });
}
