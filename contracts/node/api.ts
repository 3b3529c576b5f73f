/**
 * Nodes as their users see them (registration.md 10): `api/nodes` implements it on Temporal and Postgres, `api/client`
 * over HTTP; routes and the command line use nothing else.
 */
import type { ErrorBody } from '../error.ts';
import type { PublishedEvent } from '../event.ts';
import type { CallContext } from '../registry.ts';
import type { AckAnswer, DeregisterAnswer, HeartbeatAnswer, IntrospectionAnswer, OfferAnswer } from './answers.ts';
import type { Ack, Deregister, Heartbeat, Introspection } from './messages.ts';
import type { NodeQuery, Page, PageRequest, SelectRequest, Selection, StateCounts, TransitionPage } from './query.ts';
import type { NodeLivenessRow, NodeRow } from './row.ts';
import type { RegistrationSnapshot } from './workflow.ts';

export interface NodeKey {
  readonly node_id: string;
  /** Default `registration`. */
  readonly domain?: string;
}

export type HeartbeatItem = HeartbeatAnswer | { readonly error: ErrorBody };

export interface EventQuery {
  readonly domain?: string;
  readonly entity_id?: string;
  readonly types?: readonly string[];
  /** Resume after this `pub_seq`; `0` = the oldest kept; absent = from now. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

export interface NodesApi {
  /** @throws ND013 engine away (within 10 s), ND014 too much in flight */
  introspect(message: Introspection, call: CallContext): Promise<IntrospectionAnswer>;
  /** Engine away: `recorded` when the receipt could be kept. */
  ack(message: Ack, call: CallContext): Promise<AckAnswer>;
  heartbeat(beat: Heartbeat, call: CallContext): Promise<HeartbeatAnswer>;
  /** Unchecked items, each checked by itself: a bad one fails only itself. */
  heartbeats(items: readonly unknown[], call: CallContext): Promise<readonly HeartbeatItem[]>;
  deregister(message: Deregister, call: CallContext): Promise<DeregisterAnswer>;
  /** Waits up to `wait_ms` for an offer; null when there is none. @throws ND003 */
  offer(key: NodeKey, wait_ms: number, call: CallContext): Promise<OfferAnswer | null>;

  list(query: NodeQuery, call: CallContext): Promise<Page<NodeRow>>;
  counts(domain: string | null, call: CallContext): Promise<StateCounts>;
  /** @throws ND003 */
  get(key: NodeKey, call: CallContext): Promise<NodeRow & { readonly live: NodeLivenessRow | null }>;
  /** @throws ND003 */
  transitions(
    key: NodeKey,
    page: PageRequest & { readonly since_id?: number },
    call: CallContext,
  ): Promise<TransitionPage>;
  /** The workflow's own view. @throws ND003, ND013 */
  live(key: NodeKey, call: CallContext): Promise<RegistrationSnapshot>;
  /** @throws ND002 without criteria, ND004 without candidate */
  select(request: SelectRequest, call: CallContext): Promise<Selection>;
  /** Asks nodes to introspect; they hear it as `next` of a heartbeat answer. Answers how many were asked. */
  requestIntrospection(ids: readonly string[] | 'all', domain: string | null, call: CallContext): Promise<number>;
  /** Published events in order; @throws ND018 when `after` is older than what is kept */
  events(query: EventQuery, call: CallContext): AsyncIterable<PublishedEvent>;
}
