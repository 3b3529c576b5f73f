/**
 * Nodes on the real thing: a database of its own, the workflow `registration` on a worker of its own, the service and a
 * gateway on a socket. Settings may be changed while it runs.
 */
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { DefaultLogger, type InjectedSinks, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { inject } from 'vitest';
import { createRegistrationActivities } from '../../../../activities/registration.ts';
import type { ApiClient } from '../../../../api/client/client.ts';
import { createEventFeed, type EventFeed } from '../../../../api/events/event-feed.ts';
import { createHeartbeatMetrics } from '../../../../api/metrics/heartbeat-metrics.ts';
import { createRegistrationEngine, type RegistrationEngine } from '../../../../api/nodes/engine.ts';
import { createNodes, type NodesLimits, type NodesService } from '../../../../api/nodes/service.ts';
import type { Gateway } from '../../../../api/server.ts';
import { registrationWorkflowId } from '../../../../client/ids.ts';
import { pokeNode } from '../../../../client/registration.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import {
  defaultNodeSettings,
  type NodeSettings,
  type RegistrationSettings,
} from '../../../../contracts/node/settings.ts';
import type { RegistrationTelemetry } from '../../../../contracts/node/workflow.ts';
import type { CallContext, RegistryApi } from '../../../../contracts/registry.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createNodeReader, type NodeReader } from '../../../../db/stores/registration/reader.ts';
import { createProjector } from '../../../../db/stores/registration/projector.ts';
import { createTestDatabase } from '../../../support/postgres.ts';
import { uniqueName } from '../../../support/temporal.ts';
import { type Proxy, startProxy } from '../../../workflow/support/proxy.ts';
import { workflowBundle } from '../../../../workers/build-bundle.ts';
import { type SocketHouse, socketHouse } from '../support.ts';

export interface NodeStack {
  readonly database: Database;
  readonly reader: NodeReader;
  readonly nodes: NodesService;
  readonly engine: RegistrationEngine;
  readonly feed: EventFeed;
  readonly metrics: Registry;
  readonly gateway: Gateway;
  readonly socketPath: string;
  readonly client: ApiClient;
  /** Between gateway and Postgres, when asked for. */
  readonly proxy: Proxy | null;
  readonly databaseUrl: string;
  /** Changes settings of the group `registration` for all that read them from now on. */
  configure(change: Partial<RegistrationSettings>): void;
  /** Ends the worker: the engine is there, and nobody answers. */
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  /** As the sweep does when it finds a receipt that was not applied. */
  pokeReceipt(nodeId: string, epoch: number): Promise<void>;
  /** Ends the workflow of a node, as retirement does, without its doing. */
  endWorkflow(nodeId: string, domain?: string): Promise<void>;
  dispose(): Promise<void>;
}

export interface NodeStackOptions {
  readonly limits?: NodesLimits;
  /** Changes what the service is given as engine. */
  readonly engine?: (real: RegistrationEngine) => RegistrationEngine;
  /** Puts a proxy that can be cut between the gateway's side and Postgres; workers go past it. */
  readonly proxied?: boolean;
}

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  shutdownSignals: [],
  telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
});

/** What workflows count is the worker's business; unknown sinks would be reported. */
const silentSinks: InjectedSinks<{ registration: Record<keyof RegistrationTelemetry, (...given: unknown[]) => void> }> =
  {
    registration: {
      introspected: { fn: () => undefined },
      acked: { fn: () => undefined },
      handshaken: { fn: () => undefined },
      dropped: { fn: () => undefined },
      refused: { fn: () => undefined },
    },
  };

const nowhere: Pick<RegistryApi, 'lookup'> = {
  lookup: (ref) => Promise.reject(new OmniBaseError('RG001', { details: { ref } })),
};

export const context: CallContext = {
  principal: { id: 'test', kind: 'user', capabilities: [] },
  correlation_id: '99999999-2222-4333-8444-555555555555',
};

export async function openNodeStack(options: NodeStackOptions = {}): Promise<NodeStack> {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { applicationName: 'nodes-test' });
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const client = new Client({ connection, namespace: 'default' });
  const taskQueue = uniqueName('nodes');
  let settings: NodeSettings = defaultNodeSettings;
  const read = () => settings;
  const proxy = options.proxied === true ? await startProxy(testDatabase.url) : null;
  const gatewayUrl = proxy?.url ?? testDatabase.url;
  const gatewayDatabase = openDatabase(gatewayUrl, { applicationName: 'nodes-test-gateway', poolTimeoutMs: 1_000 });
  const reader = createNodeReader({ database: gatewayDatabase, settings: read });
  const activities = createRegistrationActivities({
    projector: createProjector({ database, settings: read }),
    registry: nowhere,
    database,
    settings: read,
  });
  const bundle = await workflowBundle();
  let worker: { readonly stop: () => Promise<void> } | null = null;
  const startWorker = async () => {
    const made = await Worker.create({
      connection,
      namespace: 'default',
      taskQueue,
      workflowBundle: bundle,
      activities: { ...activities },
      sinks: silentSinks,
      shutdownForceTime: '2s',
      stickyQueueScheduleToStartTimeout: '1s',
    });
    const running = made.run();
    worker = {
      async stop() {
        made.shutdown();
        await running;
      },
    };
  };
  const stopWorker = async () => {
    await worker?.stop();
    worker = null;
  };
  await startWorker();

  const metrics = new Registry();
  const feed = createEventFeed({ database: gatewayDatabase, databaseUrl: gatewayUrl });
  const real = createRegistrationEngine(client, { taskQueue });
  const engine = options.engine?.(real) ?? real;
  const nodes = createNodes({
    engine,
    database: gatewayDatabase,
    reader,
    settings: read,
    feed,
    metrics: createHeartbeatMetrics(metrics),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const house: SocketHouse = await socketHouse();
  const listening = await house.open({ deps: { nodes, events: feed, metrics } });
  return {
    database,
    reader,
    nodes,
    engine,
    feed,
    metrics,
    gateway: listening.gateway,
    socketPath: listening.socketPath,
    client: listening.client,
    proxy,
    databaseUrl: testDatabase.url,
    configure: (change) => {
      settings = { ...settings, registration: { ...settings.registration, ...change } };
    },
    stopWorker,
    startWorker,
    pokeReceipt: (entity_id, epoch) =>
      pokeNode(
        client,
        { entity_id, domain: 'registration' },
        { kind: 'receipt', epoch, incident_id: null },
        { taskQueue },
      ),
    async endWorkflow(nodeId, domain = 'registration') {
      await client.workflow.getHandle(registrationWorkflowId(domain, nodeId)).terminate('test');
    },
    async dispose() {
      await house.dispose();
      await nodes.close();
      await feed.close();
      await stopWorker();
      await connection.close();
      await Promise.all([database.close(), gatewayDatabase.close()]);
      await proxy?.[Symbol.asyncDispose]();
      await testDatabase.drop();
    },
  };
}

/** An introspection of a new node. */
export function newNode(change: Record<string, unknown> = {}): Record<string, unknown> & { readonly node_id: string } {
  return {
    node_id: randomUUID(),
    node_type: 'compute',
    node_name: 'resizer',
    timestamp: new Date().toISOString(),
    declared_capabilities: { processing: true },
    contract_capabilities: {
      capability_tags: ['image.resize'],
      intent_types: ['image.resize'],
      protocols: ['Resizer'],
    },
    ...change,
  };
}
