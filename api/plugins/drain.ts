/**
 * Graceful end: once closing has begun, new requests are answered 503 with `Retry-After` on a connection
 * that is then closed, streams end so that their readers dial again, calls in flight finish.
 */
import type { FastifyInstance } from 'fastify';
import { OmniBaseError } from '../../contracts/error.ts';

export interface DrainState {
  readonly draining: boolean;
}

/** @param endStreams called once, before the listeners close */
export function installDrain(app: FastifyInstance, endStreams: () => void): DrainState {
  const state = { draining: false };
  app.addHook('preClose', (done) => {
    state.draining = true;
    endStreams();
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!state.draining || request.routeOptions.config.route?.access === 'public') return done();
    reply.header('connection', 'close');
    done(new OmniBaseError('OB010', { message: 'the gateway is shutting down', details: { retry_after_s: 1 } }));
  });
  return state;
}
