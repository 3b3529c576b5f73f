/**
 * Reading nodes without a gateway: straight on a database. Loaded only when there is no gateway, because it brings the
 * database driver with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { PublishedEvent } from '../../contracts/event.ts';
import type { EventQuery, NodeKey } from '../../contracts/node/api.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import { defaultNodeDomain } from '../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { sqlState } from '../../db/failure.ts';
import { toNodeError } from '../../db/resilience/database-errors.ts';
import { readHead, readPublished } from '../../db/stores/outbox/read.ts';
import { createNodeReader, type NodeReader } from '../../db/stores/registration/reader.ts';
import type { NodeReads } from './node-control.ts';

/** How often the end of the stream is looked at, ms: a person follows it. */
const pollMs = 500;
const pageSize = 500;
/** How long connections may take to close, ms. */
const closeMs = 250;

/** @param settings what deadlines are computed with */
export function openDirectNodes(
  url: string,
  settings: NodeSettings,
): { readonly nodes: NodeReads; close(): Promise<void> } {
  const database = openDatabase(url, { max: 4, applicationName: 'omnibase cli' });
  const reader = createNodeReader({ database, settings: () => settings });
  return {
    nodes: readsOver(database, reader),
    async close() {
      // Statements that nobody waits for any more would hold the prompt back; the server ends them by itself.
      const closed = database.close();
      await Promise.race([closed, sleep(closeMs, undefined, { ref: false })]);
    },
  };
}

function readsOver(database: Database, reader: NodeReader): NodeReads {
  return {
    list: (query, call) => asked(() => reader.list(query), call),
    counts: (domain, call) => asked(() => reader.countByState(domain), call),
    async get({ node_id, domain = defaultNodeDomain }, call) {
      const [row, live] = await asked(
        () => Promise.all([reader.getEntityState(node_id, { domain }), reader.getLiveness(node_id, { domain })]),
        call,
      );
      if (row === null) throw unknown({ node_id, domain });
      return { ...row, live };
    },
    async transitions({ node_id, domain = defaultNodeDomain }, page, call) {
      const found = await asked(() => reader.getTransitions(node_id, { ...page, domain }), call);
      if (found.items.length === 0 && (await reader.getRegistrationStatus(node_id, { domain })) === null)
        throw unknown({ node_id, domain });
      return found;
    },
    async select(request, call) {
      const selection = await asked(() => reader.select(request), call);
      if (selection === null) throw new OmniBaseError('ND004');
      return selection;
    },
    events: (query) => eventsOf(database, query),
  };
}

function unknown({ node_id, domain }: Required<NodeKey>): OmniBaseError {
  return new OmniBaseError('ND003', { details: { id: node_id, domain } });
}

/** Follows the outbox by asking for what is new, page after page, until the signal. */
async function* eventsOf(database: Database, query: EventQuery): AsyncGenerator<PublishedEvent> {
  const { after, signal, ...filter } = query;
  let position = after ?? (await asked(() => readHead(database.pool)));
  for (;;) {
    signal?.throwIfAborted();
    const page = await asked(() => readPublished(database.pool, { ...filter, after: position, limit: pageSize }));
    yield* page.events;
    position = page.next;
    if (page.complete) await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** @throws OB016 when the call's time is up; ND015 for a database without our tables; ND009, ND010, ND012 */
async function asked<T>(
  question: () => Promise<T>,
  { deadline_ms }: { readonly deadline_ms?: number } = {},
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer =
    deadline_ms === undefined
      ? undefined
      : setTimeout(() => reject(new OmniBaseError('OB016', { details: { timeout_ms: deadline_ms } })), deadline_ms);
  try {
    return await Promise.race([question(), late]);
  } catch (error) {
    throw isSchemaMissing(error) ? new OmniBaseError('ND015', { cause: error }) : toNodeError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** No such table or column: a database that was never migrated, or by another release. */
function isSchemaMissing(error: unknown): boolean {
  // Codes of our own look like those of Postgres.
  const state = sqlState(error instanceof OmniBaseError ? error.cause : error);
  return state === '42P01' || state === '42703' || state === '42704';
}
