/** Whatever is sent to whatever route, the border stands. */
import { afterAll, beforeAll, it } from 'vitest';
import { fuzzGateway } from './support/fuzz.ts';
import { type TestGateway, testGateway } from './support/gateway.ts';
import { exampleBeat, exampleIntrospection, memoryNodes } from './support/memory-nodes.ts';
import { exampleReport } from './support/memory-stage-runs.ts';

let test: TestGateway;
beforeAll(async () => {
  test = testGateway({ deps: { nodes: memoryNodes() } });
  test.engine.onStart = ({ run_id }) =>
    test.hub.publish(run_id, { type: 'run.finished', report: exampleReport(run_id) });
  await test.gateway.ready();
});
afterAll(() => test.gateway.close());

it('finds no route that fails', () =>
  fuzzGateway(test.gateway, 2500, [exampleIntrospection(), exampleBeat(), { items: [exampleBeat()] }]));
