/**
 * `NodesApi` over the gateway (registration.md 10). What comes back is read member by member: an answer that breaks the
 * contract is `ND017`. The principal is the connection's, not the context's.
 */
import type { NodeKey, NodesApi } from '../../contracts/node/api.ts';
import type { NodeQuery } from '../../contracts/node/query.ts';
import type { CallContext } from '../../contracts/registry.ts';
import type { HttpCall, QueryValue } from './http-call.ts';
import * as answers from './nodes-answers.ts';
import { followEvents } from './nodes-events.ts';
import type { Read } from './reading.ts';
import type { Transport } from './transport.ts';

export interface NodeClientOptions {
  /** How long a broken event stream is dialled again, ms. */
  readonly redialMs: number;
  /** Silence after which an event stream counts as broken, ms; the gateway says something every 15 s. */
  readonly silenceMs: number;
}

const base = '/api/v1/nodes';

export function nodesOver(transport: Transport, options: NodeClientOptions): NodesApi {
  const send = ({ signal, deadline_ms, correlation_id }: CallContext, call: HttpCall): Promise<unknown> =>
    transport.json({ ...call, signal, timeoutMs: deadline_ms, correlationId: correlation_id });
  const ask = async <T>(context: CallContext, call: HttpCall, read: Read<T>): Promise<T> =>
    read(await send(context, call), '');

  return {
    introspect: (message, context) =>
      ask(context, { method: 'POST', path: base, body: message }, answers.introspectionAnswer),
    ack: (message, context) =>
      ask(context, { method: 'POST', path: `${pathOf(message)}/ack`, body: message }, answers.ackAnswer),
    heartbeat: (beat, context) =>
      ask(context, { method: 'POST', path: `${pathOf(beat)}/heartbeat`, body: beat }, answers.heartbeatAnswer),
    async heartbeats(items, context) {
      const answer = await send(context, { method: 'POST', path: `${base}/heartbeats`, body: { items } });
      return answers.heartbeatItems(answer, items.length);
    },
    deregister: (message, context) =>
      ask(context, { method: 'DELETE', path: pathOf(message), body: message }, answers.deregisterAnswer),
    async offer(key, waitMs, context) {
      const query = { domain: key.domain, wait: waitMs / 1000 };
      const answer = await send(context, { method: 'GET', path: `${pathOf(key)}/offer`, query });
      return answer === undefined ? null : answers.offerAnswer(answer, '');
    },
    list: (query, context) =>
      ask(context, { method: 'GET', path: base, query: listParameters(query) }, answers.nodePage),
    counts: (domain, context) =>
      ask(context, { method: 'GET', path: `${base}/counts`, query: { domain: domain ?? '*' } }, answers.stateCounts),
    get: (key, context) =>
      ask(context, { method: 'GET', path: pathOf(key), query: { domain: key.domain } }, answers.nodeWithLiveness),
    transitions(key, { limit, cursor, since_id }, context) {
      const call = {
        method: 'GET',
        path: `${pathOf(key)}/transitions`,
        query: { limit, cursor, since_id, domain: key.domain },
      } as const;
      return ask(context, call, answers.transitionPage);
    },
    live: (key, context) =>
      ask(context, { method: 'GET', path: `${pathOf(key)}/live`, query: { domain: key.domain } }, answers.snapshot),
    select: (request, context) =>
      ask(context, { method: 'POST', path: `${base}/select`, body: withAllDomains(request) }, answers.selection),
    async requestIntrospection(ids, domain, context) {
      const body = withAllDomains({ ...(ids === 'all' ? { all: true } : { ids }), domain });
      const call = { method: 'POST', path: `${base}/introspection-requests`, body } as const;
      return (await ask(context, call, answers.requested)).requested;
    },
    events: (query, context) => followEvents(transport, query, { ...options, correlationId: context.correlation_id }),
  };
}

function pathOf({ node_id }: NodeKey): string {
  return `${base}/${encodeURIComponent(node_id)}`;
}

/** `*` stands for all domains. */
function withAllDomains<T extends { readonly domain?: string | null }>(given: T): T {
  return given.domain === null ? { ...given, domain: '*' } : given;
}

/** False says as much as true here: "those that are not overdue". */
function listParameters(query: NodeQuery): Record<string, QueryValue> {
  const { tag, all_tags = [], intent, intents = [], overdue, flapping, capability, domain, ...rest } = query;
  return {
    ...rest,
    domain: domain === null ? '*' : domain,
    overdue: wordOf(overdue),
    flapping: wordOf(flapping),
    capability: capability === undefined ? undefined : JSON.stringify(capability),
    tag: listed(tag, all_tags),
    intent: listed(intent, intents),
  };
}

function wordOf(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function listed(one: string | undefined, more: readonly string[]): readonly string[] {
  return one === undefined ? more : [one, ...more];
}
