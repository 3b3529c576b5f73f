/** The same fuzzing with the real registry and the real run store behind the border: no input makes Postgres fail. */
import { afterAll, beforeAll, it } from 'vitest';
import { createEventHub } from '../../../api/stage-runs/event-hub.ts';
import { createStageRuns } from '../../../api/stage-runs/service.ts';
import { createStageRunStore } from '../../../api/stage-runs/store.ts';
import type { StagePlan } from '../../../contracts/stage.ts';
import { fuzzGateway } from '../../unit/api/support/fuzz.ts';
import { type TestGateway, testGateway } from '../../unit/api/support/gateway.ts';
import { exampleReport, memoryEngine } from '../../unit/api/support/memory-stage-runs.ts';
import { validatorDocument } from '../registry/support/documents.ts';
import { context, openTestRegistry, type TestRegistry } from '../registry/support/registry.ts';

let registry: TestRegistry;
let test: TestGateway;
const document = validatorDocument('fuzzed', {
  tags: ['a'],
  dependencies: [{ id: 'b', type: 'validator', version_spec: '*' }],
});

beforeAll(async () => {
  registry = await openTestRegistry();
  const engine = memoryEngine();
  const hub = createEventHub();
  engine.onStart = ({ run_id }) => hub.publish(run_id, { type: 'run.finished', report: exampleReport(run_id) });
  const environment = { version: '0', node: '24', git: '2', platform: 'linux', host_id: 'h', cpus: 1 };
  const stageRuns = createStageRuns({
    engine,
    hub,
    store: createStageRunStore(registry.database, environment),
    plan: async () => ({ schema_version: 1, plan_hash: '' }) as StagePlan,
    hostId: 'h',
    localControl: true,
  });
  test = testGateway({ deps: { registry: registry.registry, stageRuns } });
  await test.gateway.ready();
  await registry.registry.register(document, {}, context());
});
afterAll(async () => {
  await test.gateway.close();
  await registry.close();
});

it('finds no route that fails', () => fuzzGateway(test.gateway, 1500, [document, { ...document, lifecycle: 'draft' }]));
