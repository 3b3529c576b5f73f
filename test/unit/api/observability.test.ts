/** What the gateway tells about itself: metrics, readiness, log lines. */
import type { GatewayDeps } from '../../../api/server.ts';
import { exampleBeat, exampleNodeId, memoryNodes } from './support/memory-nodes.ts';
import { Registry } from 'prom-client';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ReadinessCheck } from '../../../api/readiness.ts';
import { authorization, testGateway } from './support/gateway.ts';
import { exampleUuid } from './support/memory-registry.ts';
import { exampleReport, exampleRequest } from './support/memory-stage-runs.ts';

describe('metrics', () => {
  it('count answers by route pattern, never by URL', async () => {
    const { gateway } = testGateway();
    for (const url of ['a', 'b', 'c'])
      await gateway.inject({ url: `/api/v1/registry/components/${url}`, headers: { authorization } });
    for (const url of ['/scan/1', '/scan/2']) await gateway.inject({ url, headers: { authorization } });
    const { body } = await gateway.inject({ url: '/metrics', headers: { authorization } });
    expect(body).toContain(
      'omnibase_http_request_seconds_count{method="GET",route="/api/v1/registry/components/:ref",status="404"} 3',
    );
    expect(body).toContain('omnibase_http_request_seconds_count{method="GET",route="unmatched",status="404"} 2');
    expect(body).not.toContain('scan');
    await gateway.close();
  });

  it('may share a registry with a second gateway', async () => {
    const metrics = new Registry();
    const gateways = [testGateway({ deps: { metrics } }), testGateway({ deps: { metrics } })];
    for (const { gateway } of gateways) await gateway.inject('/healthz');
    expect(await metrics.metrics()).toContain(
      'omnibase_http_request_seconds_count{method="GET",route="/healthz",status="200"} 2',
    );
    await Promise.all(gateways.map(({ gateway }) => gateway.close()));
  });
});

describe('readiness', () => {
  const check = (name: string, ask: ReadinessCheck['check']): ReadinessCheck => ({ name, check: ask });

  it('is 200 when every dependency answers and 503 when one does not, without saying why', async () => {
    let fails = false;
    const readiness = [
      check('postgres', async () => undefined),
      check('temporal', () => {
        if (fails) throw new Error('10.0.0.7 refused user omni');
        return Promise.resolve();
      }),
    ];
    const { gateway } = testGateway({ deps: { readiness } });
    const well = await gateway.inject('/readyz');
    fails = true;
    await new Promise((resolve) => setTimeout(resolve, 600));
    const ill = await gateway.inject('/readyz');
    expect([well.statusCode, ill.statusCode, ill.headers['retry-after']]).toEqual([200, 503, '1']);
    expect(ill.json()).toMatchObject({
      status: 'not_ready',
      checks: [
        { name: 'postgres', ok: true },
        { name: 'temporal', ok: false },
      ],
    });
    expect(ill.body).not.toContain('refused');
    await gateway.close();
  });

  it('asks once for callers that come together, and gives up on a silent dependency', async () => {
    let asked = 0;
    const readiness = [
      check('slow', () => {
        asked += 1;
        return new Promise(() => undefined);
      }),
    ];
    const { gateway } = testGateway({ deps: { readiness } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => gateway.inject('/readyz')));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503, 503, 503]);
    expect(asked).toBe(1);
    await gateway.close();
  });
});

describe('log lines', () => {
  function logged(deps: Partial<GatewayDeps> = {}) {
    const lines: Record<string, unknown>[] = [];
    const logger = pino(
      { level: 'info' },
      { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
    );
    return { lines, ...testGateway({ deps: { logger, ...deps } }) };
  }

  it('are one per call, with ids, outcome and duration, and no token', async () => {
    const { gateway, lines } = logged();
    const headers = { authorization, 'x-correlation-id': 'c-1' };
    await gateway.inject({ url: `/api/v1/registry/components/${exampleUuid}?version_spec=x`, headers });
    await gateway.inject({ url: '/api/v1/registry/components/nobody', headers });
    await gateway.inject({ url: '/healthz' });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      msg: 'call',
      correlation_id: 'c-1',
      operation: 'registry.lookup',
      principal: 'service:test',
      component_id: exampleUuid,
      status: 200,
      outcome: 'ok',
      duration_ms: expect.any(Number),
    });
    expect(lines[1]).toMatchObject({ outcome: 'refused', status: 404 });
    expect(JSON.stringify(lines)).not.toContain('omb_');
    await gateway.close();
  });

  it('hold the cause of a failure that the answer hides', async () => {
    const { gateway, lines, registry } = logged();
    registry.lookup = async () => {
      throw new Error('disk on fire');
    };
    await gateway.inject({ url: '/api/v1/registry/components/x', headers: { authorization } });
    expect(lines[0]).toMatchObject({
      level: 50,
      code: 'OB001',
      err: { message: 'disk on fire', stack: expect.any(String) },
    });
    await gateway.close();
  });

  it('name the node of a call, and keep quiet about heartbeats that succeed', async () => {
    const nodes = memoryNodes();
    const { gateway, lines } = logged({ nodes });
    const beat = {
      method: 'POST',
      url: `/api/v1/nodes/${exampleNodeId}/heartbeat`,
      headers: { authorization },
    } as const;
    await gateway.inject({ ...beat, payload: exampleBeat() });
    expect(lines).toEqual([]);
    await gateway.inject({ ...beat, payload: {} });
    expect(lines[0]).toMatchObject({ operation: 'nodes.heartbeat', entity_id: exampleNodeId, status: 422 });
    expect(lines[0]).not.toHaveProperty('run_id');
    await gateway.close();
  });

  it('name the run of a stream', async () => {
    const { gateway, lines, engine, hub } = logged();
    engine.onStart = ({ run_id }) => hub.publish(run_id, { type: 'run.finished', report: exampleReport(run_id) });
    const request = exampleRequest();
    await gateway.inject({ method: 'POST', url: '/api/v1/stage-runs', headers: { authorization }, payload: request });
    expect(lines[0]).toMatchObject({ operation: 'stage_runs.run', run_id: request.run_id, outcome: 'ok' });
    await gateway.close();
  });
});
