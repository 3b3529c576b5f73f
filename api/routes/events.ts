/**
 * Published events as server-sent events (registration.md 10). `data` is the envelope, `event` its type, `id` the
 * position to resume from; `Last-Event-ID`, which browsers send by themselves, goes before `?after`.
 */
import { z } from 'zod';
import type { PublishedEvent } from '../../contracts/event.ts';
import type { Capability } from '../../contracts/gateway.ts';
import type { Principal } from '../../contracts/registry.ts';
import { type EventFeed, type EventStream, isPosition } from '../events/event-feed.ts';
import { hasCapability } from '../plugins/auth.ts';
import { plainText, words } from '../routing/query.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import type { SseMessage, SseSource } from '../routing/sse.ts';
import { withoutUndefined } from './present.ts';

const position = z
  .string({ error: 'expected one number' })
  .refine(isPosition, 'expected the id of an event, or 0 for the oldest kept');

const eventParameters = z.strictObject({
  domain: plainText(128).min(1).optional(),
  /** Entity id of a node. */
  entity_id: plainText(128).min(1).toLowerCase().optional(),
  types: words(plainText(128).min(1)).optional(),
  after: position.optional(),
});

const eventHeaders = z.object({ 'last-event-id': z.union([z.literal(''), position]).optional() });

export function eventRoutes(feed: Pick<EventFeed, 'open'>): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/events',
      operation: 'events.stream',
      summary: 'Events as they are published; resumes behind Last-Event-ID or after, 0 = the oldest kept',
      access: 'node.read',
      codes: { query: 'ND002', headers: 'ND002' },
      input: { query: eventParameters, headers: eventHeaders },
      responses: {
        200: {
          description: 'One envelope per data, its type as event, the position as id; a comment every 15 s',
          type: 'text/event-stream',
          schema: z.string(),
        },
        410: { description: 'The position is older than what is kept: read the present state, then follow from now' },
      },
      async handle({ query: { after, ...query }, headers }, { principal, signal }) {
        // An empty header is what some clients send before their first event.
        const from = headers['last-event-id'] === '' ? after : (headers['last-event-id'] ?? after);
        const kinds = kindsFor(principal);
        const events = await feed.open(withoutUndefined({ ...query, after: from, kinds, signal }));
        return { sse: messagesOf(events, from === undefined) };
      },
    }),
  ];
}

/** A reader of nodes sees events of nodes; those of other subjects belong to the capabilities of these. */
const kinds: Readonly<Record<string, Capability>> = {
  node: 'node.read',
  fleet: 'node.read',
  stage_run: 'stage.run',
  run: 'run.read',
};

function kindsFor(principal: Principal): string[] | undefined {
  if (hasCapability(principal, 'admin')) return undefined;
  return Object.keys(kinds).filter((kind) => hasCapability(principal, kinds[kind] ?? 'admin'));
}

function messagesOf(events: EventStream, fromNow: boolean): SseSource {
  return {
    start: fromNow ? events.position : null,
    position: () => events.position,
    [Symbol.asyncIterator]: () => ({
      async next() {
        const result = await events.next();
        return result.done === true
          ? { done: true, value: undefined }
          : { done: false, value: messageOf(result.value) };
      },
      async return() {
        await events.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

function messageOf({ payload, ...meta }: PublishedEvent): SseMessage {
  return { id: meta.pub_seq, event: meta.type, data: payload, meta };
}
