/** The OpenAPI document describes exactly what is served, and what is served fits it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { OpenApiDocument, Operation } from '../../../api/openapi/document.ts';
import { errorAnswerSchema, stageEventSchema } from '../../../api/schemas/answers.ts';
import { introspectionSchema } from '../../../contracts/node/messages.ts';
import { stageRunRequestSchema } from '../../../contracts/stage.ts';
import { authorization, type TestGateway, testGateway } from './support/gateway.ts';
import { exampleUuid } from './support/memory-registry.ts';
import {
  exampleAttemptId,
  exampleBeat,
  exampleIntrospection,
  exampleNodeId,
  memoryNodes,
} from './support/memory-nodes.ts';
import { exampleReport, exampleRequest, exampleSummary } from './support/memory-stage-runs.ts';

let test: TestGateway;
let document: OpenApiDocument;
let operations: { path: string; method: string; operation: Operation }[];

beforeAll(async () => {
  test = testGateway({ deps: { nodes: memoryNodes() } });
  const answer = await test.gateway.inject({ url: '/api/v1/openapi.json', headers: { authorization } });
  document = answer.json();
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
});
afterAll(() => test.gateway.close());

describe('the document', () => {
  it('is OpenAPI 3.1 and has every served route, and no other', () => {
    expect(document.openapi).toBe('3.1.0');
    const served = test.gateway.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const described = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(described.sort()).toEqual(served.sort());
    // Fastify knows no further route either, but for HEAD beside GET.
    const mounted = test.gateway.printRoutes({ commonPrefix: false }).match(/\((?:GET|POST|PATCH|DELETE|PUT)/g) ?? [];
    expect(mounted.length).toBeGreaterThan(0);
    for (const { method, path } of test.gateway.routes) expect(test.gateway.hasRoute({ method, url: path })).toBe(true);
  });

  it('names every operation once and declares every path parameter', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name, required }) => [name, required])).toEqual(named.map((name) => [name, true]));
    }
  });

  it('has every schema it refers to, and only JSON Schema', () => {
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
    expect([...referred].filter((name) => !Object.hasOwn(document.components.schemas, name ?? ''))).toEqual([]);
    expect(text).not.toContain('$defs');
    expect(referred.size).toBeGreaterThan(10);
  });

  it('describes success, error, body and security of each operation', () => {
    for (const { method, operation } of operations) {
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
      expect(operation.responses).toHaveProperty('default');
      expect(operation.summary.length).toBeGreaterThan(5);
      if (method === 'patch') expect(operation).toHaveProperty('requestBody');
    }
    const open = operations.filter(({ operation }) => operation.security.length === 0).map(({ path }) => path);
    expect(open.sort()).toEqual(['/healthz', '/readyz']);
  });

  it('describes a repeated parameter as a list and a flag as a boolean', () => {
    const search = document.paths['/api/v1/registry/components']?.['get'];
    const schemaOf = (name: string) => search?.parameters.find((parameter) => parameter.name === name)?.schema;
    expect(schemaOf('tag')).toMatchObject({ type: 'array', items: { type: 'string' } });
    expect(schemaOf('with_total')).toMatchObject({ type: 'boolean' });
    expect(schemaOf('limit')).toMatchObject({ type: 'integer', minimum: 1, maximum: 1000 });
  });

  it('says of every parameter what it takes', () => {
    const silent = operations.flatMap(({ method, path, operation }) =>
      operation.parameters
        .filter(({ schema }) => Object.keys(schema).length === 0)
        .map(({ name }) => `${method} ${path} ${name}`),
    );
    expect(silent).toEqual([]);
  });

  it('describes the request of a run as the contract does', () => {
    const body = document.paths['/api/v1/stage-runs']?.['post']?.requestBody as {
      content: Record<string, { schema: unknown }>;
    };
    const { $schema: _, ...expected } = z.toJSONSchema(stageRunRequestSchema, { io: 'input' });
    expect(body.content['application/json']?.schema).toEqual(expected);
  });

  it('describes messages of nodes by their contracts, and the id of the path as optional in the body', () => {
    const bodyOf = (route: string, method: string) => {
      const body = document.paths[route]?.[method]?.requestBody as { content: Record<string, { schema: unknown }> };
      return body.content['application/json']?.schema as {
        properties: object;
        required: string[];
        additionalProperties: boolean;
      };
    };
    const introspection = bodyOf('/api/v1/nodes', 'post');
    expect(Object.keys(introspection.properties)).toEqual(Object.keys(introspectionSchema.shape));
    expect(introspection.required.sort()).toEqual(['node_id', 'node_type', 'timestamp']);
    expect(introspection.additionalProperties).toBe(false);
    expect(bodyOf('/api/v1/nodes/{id}/heartbeat', 'post').required.sort()).toEqual(['timestamp', 'uptime_seconds']);
    expect(bodyOf('/api/v1/nodes/{id}', 'delete').required.sort()).toEqual(['actor', 'reason']);
  });

  it('is a page for people too', async () => {
    const page = await test.gateway.inject({ url: '/api/v1/docs', headers: { authorization } });
    expect(page.headers['content-type']).toContain('text/html');
    for (const { path } of operations) expect(page.body).toContain(path);
    expect(page.body).not.toMatch(/<script|https?:\/\//);
  });
});

describe('answers', () => {
  const runId = exampleRequest().run_id;

  it.each<[string, string, string, number, unknown?]>([
    ['GET', '/readyz', '/readyz', 200],
    ['GET', '/api/v1/handshake', '/api/v1/handshake', 200],
    ['GET', '/api/v1/registry/identity', '/api/v1/registry/identity', 200],
    ['GET', '/api/v1/registry/components', '/api/v1/registry/components', 200],
    [
      'POST',
      '/api/v1/registry/components',
      '/api/v1/registry/components',
      201,
      { uuid: '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9c' },
    ],
    ['POST', '/api/v1/registry/components', '/api/v1/registry/components?strict', 200, { uuid: exampleUuid }],
    ['GET', '/api/v1/registry/components/:ref', `/api/v1/registry/components/${exampleUuid}`, 200],
    [
      'PATCH',
      '/api/v1/registry/components/:ref',
      `/api/v1/registry/components/${exampleUuid}`,
      200,
      { description: 'x' },
    ],
    ['DELETE', '/api/v1/registry/components/:ref', `/api/v1/registry/components/${exampleUuid}?reason=old`, 200],
    ['POST', '/api/v1/registry/sync', '/api/v1/registry/sync', 200],
    ['POST', '/api/v1/registry/sync', '/api/v1/registry/sync', 200, { full: true }],
    ['GET', '/api/v1/registry/cachestats', '/api/v1/registry/cachestats', 200],
    ['POST', '/api/v1/stage-runs/plan', '/api/v1/stage-runs/plan', 200, exampleRequest()],
    ['GET', '/api/v1/stage-runs', '/api/v1/stage-runs?limit=5', 200],
    ['GET', '/api/v1/stage-runs/:id', '/api/v1/stage-runs/last', 200],
    [
      'POST',
      '/api/v1/stage-runs/:id/cancel',
      `/api/v1/stage-runs/${runId}/cancel`,
      200,
      { command_id: 'c', reason: 'r' },
    ],
    ['POST', '/api/v1/nodes', '/api/v1/nodes', 201, exampleIntrospection()],
    ['POST', '/api/v1/nodes/heartbeats', '/api/v1/nodes/heartbeats', 200, { items: [exampleBeat()] }],
    [
      'POST',
      '/api/v1/nodes/introspection-requests',
      '/api/v1/nodes/introspection-requests',
      202,
      { ids: [exampleNodeId] },
    ],
    [
      'POST',
      '/api/v1/nodes/:id/ack',
      `/api/v1/nodes/${exampleNodeId}/ack`,
      200,
      { attempt_id: exampleAttemptId, timestamp: '2026-01-01T00:00:00Z' },
    ],
    ['POST', '/api/v1/nodes/:id/heartbeat', `/api/v1/nodes/${exampleNodeId}/heartbeat`, 200, exampleBeat()],
    [
      'DELETE',
      '/api/v1/nodes/:id',
      `/api/v1/nodes/${exampleNodeId}`,
      200,
      { reason: 'x', actor: { type: 'node', id: 'n' } },
    ],
    ['GET', '/api/v1/nodes', '/api/v1/nodes?state=active', 200],
    ['GET', '/api/v1/nodes/counts', '/api/v1/nodes/counts', 200],
    ['POST', '/api/v1/nodes/select', '/api/v1/nodes/select', 200, { capability: 'a' }],
    ['GET', '/api/v1/nodes/:id', `/api/v1/nodes/${exampleNodeId}`, 200],
    ['GET', '/api/v1/nodes/:id/transitions', `/api/v1/nodes/${exampleNodeId}/transitions`, 200],
    ['GET', '/api/v1/nodes/:id/live', `/api/v1/nodes/${exampleNodeId}/live`, 200],
    ['GET', '/api/v1/nodes/:id/offer', `/api/v1/nodes/${exampleNodeId}/offer?wait=1`, 200],
  ])('%s %s fits its schema', async (method, path, url, status, payload) => {
    test.store.runs.set(runId, exampleSummary(runId));
    test.store.reports.set(runId, exampleReport(runId));
    test.engine.close(`stage/pre-commit/${runId}`);
    const answer = await test.gateway.inject({
      method: method as 'GET',
      url,
      headers: { authorization },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    expect([answer.statusCode, answer.body]).toEqual([status, expect.any(String)]);
    const route = test.gateway.routes.find((known) => known.method === method && known.path === path);
    route?.responses[status]?.schema?.parse(answer.json());
    expect(route?.responses[status]?.schema).toBeDefined();
  });

  it('every line of a stream fits its schema', async () => {
    const request = exampleRequest();
    test.engine.onStart = ({ run_id }) => {
      test.hub.publish(run_id, { type: 'step.started', step_id: 's', summary: 's' });
      test.hub.publish(run_id, { type: 'step.progress', step_id: 's', text: 't' });
      test.hub.publish(run_id, { type: 'step.finished', step_id: 's', duration_ms: 1, statuses: { a: 'pass' } });
      test.hub.publish(run_id, { type: 'message', message: { level: 'info', text: 't' } });
      test.hub.publish(run_id, { type: 'run.finished', report: exampleReport(run_id) });
    };
    const answer = await test.gateway.inject({
      method: 'POST',
      url: '/api/v1/stage-runs',
      headers: { authorization },
      payload: request,
    });
    const lines = answer.body.trimEnd().split('\n');
    for (const line of lines) stageEventSchema.parse(JSON.parse(line));
    expect(lines).toHaveLength(6);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'x-omnibase-instance': 'instance-1',
    });
  });

  it('errors fit theirs', async () => {
    for (const url of ['/api/v1/registry/components/nobody', '/nowhere', '/api/v1/registry/components?limit=x']) {
      const answer = await test.gateway.inject({ url, headers: { authorization } });
      errorAnswerSchema.parse(answer.json());
    }
  });
});
