/**
 * Routes of nodes (registration.md 10). Each one translates HTTP into one call of `NodesApi` and its answer back. What
 * means nothing to the state of a node is an answer with 200, never an error; 404 is for readers. The ETag of a node is
 * `"<epoch>.<version>"`.
 */
import { z } from 'zod';
import type { NodeKey, NodesApi } from '../../contracts/node/api.ts';
import { nodeBatchLimit } from '../../contracts/node/messages.ts';
import type { NodeRow } from '../../contracts/node/row.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import * as answers from '../schemas/nodes.ts';
import * as requests from '../schemas/nodes-requests.ts';
import { ackOf, beatItems, beatOf, deregisterOf, introspectionOf } from '../nodes/messages.ts';
import { nodeQuery } from './node-query.ts';
import { withoutUndefined } from './present.ts';

const base = '/api/v1/nodes';
const one = `${base}/:id`;
/** Messages are judged by the checkers of the domain: the gateway only parses them. */
const anyBody = z.unknown();
/** Reads say ND002, writes ND001; a full ingest or engine says when to come back. */
const reading = { params: 'ND002', query: 'ND002', body: 'ND002' } as const;
const writing = { params: 'ND001', query: 'ND001', body: 'ND001' } as const;
/** Nodes take 503 for "come back later", whoever is too busy. */
const beatsOverloaded = { ND014: 503 } as const;

const tag = 'ETag is "<epoch>.<version>"';

export function nodeRoutes(nodes: NodesApi): readonly Route[] {
  return [...messageRoutes(nodes), ...listRoutes(nodes), ...nodeReadRoutes(nodes)];
}

function messageRoutes(nodes: NodesApi): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: base,
      operation: 'nodes.introspect',
      summary: 'A node announces itself, or what has changed about it',
      access: 'node.register',
      codes: writing,
      documentedBody: requests.introspectionBody,
      input: { body: anyBody },
      responses: {
        200: { description: 'Every other result', schema: answers.introspectionAnswerSchema },
        201: { description: 'A new attempt: acknowledge it', schema: answers.introspectionAnswerSchema },
        202: { description: 'The decision takes longer', schema: answers.introspectionAnswerSchema },
      },
      async handle({ body }, call) {
        const answer = await nodes.introspect(introspectionOf(body, call), call);
        const status = answer.result === 'started' ? 201 : answer.result === 'deciding' ? 202 : 200;
        return { status, body: answer };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${base}/heartbeats`,
      operation: 'nodes.heartbeats',
      summary: 'Up to 1000 heartbeats; a bad one fails only itself',
      access: 'node.register',
      codes: writing,
      errorStatus: beatsOverloaded,
      bodyLimit: nodeBatchLimit,
      documentedBody: requests.heartbeatsBody,
      input: { body: anyBody },
      responses: { 200: { description: 'One answer per item, in order', schema: answers.heartbeatsAnswerSchema } },
      handle: async ({ body }, call) => ({
        status: 200,
        body: { items: await nodes.heartbeats(beatItems(body), call) },
      }),
    }),
    defineRoute({
      method: 'POST',
      path: `${base}/introspection-requests`,
      operation: 'nodes.request_introspection',
      summary: 'Asks nodes to introspect; they hear it with their next heartbeat',
      access: 'node.register',
      codes: writing,
      input: { body: requests.introspectionRequestBody },
      responses: { 202: { description: 'How many were asked', schema: answers.requestedSchema } },
      async handle({ body }, call) {
        const ids = 'all' in body ? ('all' as const) : body.ids;
        const domain = body.domain === undefined ? 'registration' : body.domain;
        return { status: 202, body: { requested: await nodes.requestIntrospection(ids, domain, call) } };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${one}/ack`,
      operation: 'nodes.ack',
      summary: 'A node confirms an offer',
      access: 'node.register',
      codes: writing,
      documentedBody: requests.ackBody,
      input: { params: requests.nodeParams, body: anyBody },
      responses: {
        200: { description: 'Every other result', schema: answers.ackAnswerSchema },
        202: { description: 'Kept; it is applied once the engine is back', schema: answers.ackAnswerSchema },
      },
      async handle({ params, body }, call) {
        const answer = await nodes.ack(ackOf(params.id, body), call);
        return { status: answer.result === 'recorded' ? 202 : 200, body: answer };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${one}/heartbeat`,
      operation: 'nodes.heartbeat',
      summary: 'A node proves that it lives',
      access: 'node.register',
      codes: writing,
      errorStatus: beatsOverloaded,
      documentedBody: requests.heartbeatBody,
      input: { params: requests.nodeParams, body: anyBody },
      responses: { 200: { description: 'What to do next, and when', schema: answers.heartbeatAnswerSchema } },
      handle: async ({ params, body }, call) => ({
        status: 200,
        body: await nodes.heartbeat(beatOf(params.id, body, call), call),
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: one,
      operation: 'nodes.deregister',
      summary: 'Takes a node out; repeatable',
      access: 'node.register',
      codes: writing,
      documentedBody: requests.deregisterBody,
      input: { params: requests.nodeParams, body: anyBody },
      responses: { 200: { description: 'What was done', schema: answers.deregisterAnswerSchema } },
      handle: async ({ params, body }, call) => ({
        status: 200,
        body: await nodes.deregister(deregisterOf(params.id, body, call), call),
      }),
    }),
  ];
}

function listRoutes(nodes: NodesApi): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: base,
      operation: 'nodes.list',
      summary: 'Nodes; criteria combine with AND, `tag` may be repeated and means all of them',
      access: 'node.read',
      codes: reading,
      input: { query: requests.nodeListParameters },
      responses: { 200: { description: 'One page', schema: answers.nodePageSchema } },
      handle: async ({ query }, call) => ({ status: 200, body: await nodes.list(nodeQuery(query), call) }),
    }),
    defineRoute({
      method: 'GET',
      path: `${base}/counts`,
      operation: 'nodes.counts',
      summary: 'How many nodes are in which state',
      access: 'node.read',
      codes: reading,
      input: { query: requests.anyDomainParameter },
      responses: { 200: { description: 'All eight states and the total', schema: answers.countsSchema } },
      handle: async ({ query }, call) => ({
        status: 200,
        body: await nodes.counts(query.domain === undefined ? 'registration' : query.domain, call),
      }),
    }),
    defineRoute({
      method: 'POST',
      path: `${base}/select`,
      operation: 'nodes.select',
      summary: 'Chooses one live node that offers what is asked for',
      access: 'node.read',
      codes: reading,
      input: { body: requests.selectBody },
      responses: { 200: { description: 'The chosen node', schema: answers.selectionSchema } },
      handle: async ({ body }, call) => ({ status: 200, body: await nodes.select(withoutUndefined(body), call) }),
    }),
  ];
}

function nodeReadRoutes(nodes: NodesApi): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: one,
      operation: 'nodes.get',
      summary: 'One node and its newest telemetry',
      access: 'node.read',
      codes: reading,
      input: { params: requests.nodeParams, query: requests.domainParameter, headers: requests.conditionalHeaders },
      responses: {
        200: { description: `The node; ${tag}`, schema: answers.nodeWithLivenessSchema },
        304: { description: 'As the caller has it' },
      },
      async handle({ params, query, headers }, call) {
        const node = await nodes.get(keyOf(params.id, query.domain), call);
        return conditional(headers['if-none-match'], etagOf(node), node);
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${one}/transitions`,
      operation: 'nodes.transitions',
      summary: 'What happened to a node, newest first',
      access: 'node.read',
      codes: reading,
      input: {
        params: requests.nodeParams,
        query: requests.transitionParameters,
        headers: requests.conditionalHeaders,
      },
      responses: {
        200: { description: `One page; ${tag}`, schema: answers.transitionPageSchema },
        304: { description: 'Nothing happened since' },
      },
      async handle({ params, query, headers }, call) {
        const { domain, ...page } = query;
        const key = keyOf(params.id, domain);
        // The node first: a step between the two reads then makes the next request see a change, never miss one.
        const node = await nodes.get(key, call);
        const transitions = await nodes.transitions(key, withoutUndefined(page), call);
        return conditional(headers['if-none-match'], etagOf(node), transitions);
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${one}/live`,
      operation: 'nodes.live',
      summary: 'The view of the workflow itself',
      access: 'node.read',
      codes: reading,
      input: { params: requests.nodeParams, query: requests.domainParameter, headers: requests.conditionalHeaders },
      responses: {
        200: { description: `The snapshot; ${tag}`, schema: answers.snapshotSchema },
        304: { description: 'As the caller has it' },
      },
      async handle({ params, query, headers }, call) {
        const snapshot = await nodes.live(keyOf(params.id, query.domain), call);
        return conditional(headers['if-none-match'], `"${snapshot.epoch}.${snapshot.version}"`, snapshot);
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${one}/offer`,
      operation: 'nodes.offer',
      summary: 'The open offer of a node; waits for one up to `wait` seconds',
      access: 'node.read',
      codes: reading,
      input: { params: requests.nodeParams, query: requests.offerParameters },
      responses: {
        200: { description: 'The offer', schema: answers.offerSchema },
        204: { description: 'There is none' },
      },
      async handle({ params, query }, call) {
        const offer = await nodes.offer(keyOf(params.id, query.domain), Math.round((query.wait ?? 0) * 1000), call);
        return offer === null ? { status: 204 } : { status: 200, body: offer };
      },
    }),
  ];
}

function keyOf(nodeId: string, domain: string | undefined): NodeKey {
  return withoutUndefined({ node_id: nodeId, domain });
}

/** Rows of feeds have no epoch and version that would change with them. */
function etagOf({ epoch, version, ordering_mode }: NodeRow): string | null {
  return ordering_mode === 'workflow' ? `"${epoch}.${version}"` : null;
}

function conditional(given: string | undefined, etag: string | null, body: unknown) {
  if (etag === null) return { status: 200, body };
  const known = given?.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
  return known === true ? ({ status: 304, headers: { etag } } as const) : { status: 200, body, headers: { etag } };
}
