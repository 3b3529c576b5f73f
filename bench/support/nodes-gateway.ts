/** The gateway's own node service on a bench's database, in this process, on a unix socket; there is no engine behind it. */
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { type ApiClient, createApiClient } from '../../api/client/client.ts';
import { listenGateway } from '../../api/listen.ts';
import { createHeartbeatMetrics } from '../../api/metrics/heartbeat-metrics.ts';
import type { RegistrationEngine } from '../../api/nodes/engine.ts';
import { createNodes, type NodesService } from '../../api/nodes/service.ts';
import { createGateway } from '../../api/server.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StageRunsApi } from '../../contracts/gateway.ts';
import { defaultNodeSettings } from '../../contracts/node/settings.ts';
import type { Database } from '../../db/client.ts';
import { createNodeReader } from '../../db/stores/registration/reader.ts';
import { createRegistry } from '../../registry/service/create-registry.ts';

export interface BenchGateway {
  /** The service itself, without HTTP. */
  readonly nodes: NodesService;
  readonly api: ApiClient;
  close(): Promise<void>;
}

const settings = () => defaultNodeSettings;

export async function openBenchGateway(database: Database, folder: string): Promise<BenchGateway> {
  const metrics = new Registry();
  const nodes = createNodes({
    engine,
    database,
    reader: createNodeReader({ database, settings }),
    settings,
    feed: { events: absent },
    activeNodes: () => 0,
    metrics: createHeartbeatMetrics(metrics),
  });
  const registry = createRegistry({ database, cacheDir: folder, databaseKey: 'bench' });
  const gateway = createGateway({
    registry,
    identity: absent,
    stageRuns,
    nodes,
    handshake: { protocol: 1, version: '0', node: process.version, instance_id: 'b', host_id: 'b', pid: process.pid },
    readiness: [],
    metrics,
  });
  const socketPath = join(folder, 'gateway.sock');
  await listenGateway(gateway, { socketPath, tcp: null });
  const api = createApiClient({ socketPath });
  return {
    nodes,
    api,
    async close() {
      api.close();
      await gateway.close();
      await nodes.close();
      await registry.close();
    },
  };
}

/** What is measured asks for none of this. */
function absent(): never {
  throw new OmniBaseError('ND013');
}

const engine: RegistrationEngine = {
  introspect: absent,
  ack: absent,
  deregister: absent,
  edge: absent,
  snapshot: absent,
};

const stageRuns: StageRunsApi = {
  run: absent,
  attach: absent,
  plan: absent,
  cancel: absent,
  show: absent,
  list: absent,
};
