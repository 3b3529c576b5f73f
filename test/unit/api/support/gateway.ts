/** A whole gateway on services in memory, asked in process or through real listeners. */
import { createHash } from 'node:crypto';
import { Registry } from 'prom-client';
import { staticToken } from '../../../../api/plugins/auth.ts';
import { createGateway, type Gateway, type GatewayDeps } from '../../../../api/server.ts';
import { createEventHub, type EventHub } from '../../../../api/stage-runs/event-hub.ts';
import { createStageRuns, type ServiceTimings, type StageRunService } from '../../../../api/stage-runs/service.ts';
import { capabilities } from '../../../../contracts/gateway.ts';
import type { StagePlan } from '../../../../contracts/stage.ts';
import { type MemoryEngine, type MemoryStore, memoryEngine, memoryStore } from './memory-stage-runs.ts';
import { type MemoryRegistry, memoryRegistry } from './memory-registry.ts';

export interface TestGateway {
  readonly gateway: Gateway;
  readonly registry: MemoryRegistry;
  readonly engine: MemoryEngine;
  readonly store: MemoryStore;
  readonly hub: EventHub;
  readonly stageRuns: StageRunService;
}

/** A token with all capabilities; the in-process client is no unix socket. */
export const testToken = 'omb_0123456789abcdef0123456789abcdef';
export const authorization = `Bearer ${testToken}`;

export interface TestGatewayOptions {
  readonly deps?: Partial<GatewayDeps>;
  readonly timings?: Partial<ServiceTimings>;
  readonly instanceId?: string;
  /** Continue with the state of a gateway that was closed: a restart of the serving process. */
  readonly after?: Pick<TestGateway, 'engine' | 'store' | 'registry'>;
}

export function testGateway({
  deps = {},
  timings = {},
  instanceId = 'instance-1',
  after,
}: TestGatewayOptions = {}): TestGateway {
  const registry = after?.registry ?? memoryRegistry();
  const engine = after?.engine ?? memoryEngine();
  const store = after?.store ?? memoryStore();
  const hub = createEventHub();
  const stageRuns = createStageRuns({
    engine,
    store,
    hub,
    plan: async () => ({ schema_version: 1, plan_hash: 'e'.repeat(64) }) as StagePlan,
    hostId: 'host-1',
    localControl: true,
    timings,
  });
  const gateway = createGateway({
    registry,
    identity: async () => ({ registry_id: 'registry-1', epoch: 1, version: '0.1.0' }),
    stageRuns,
    handshake: { protocol: 1, version: '0.1.0', node: 'v24', instance_id: instanceId, host_id: 'host-1', pid: 1 },
    readiness: [],
    metrics: new Registry(),
    authenticate: staticToken(createHash('sha256').update(testToken).digest('hex'), {
      id: 'service:test',
      kind: 'service',
      capabilities,
    }),
    ...deps,
  });
  return { gateway, registry, engine, store, hub, stageRuns };
}
