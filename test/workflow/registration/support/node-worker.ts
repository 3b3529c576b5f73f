/**
 * A worker of registrations on the real Temporal server, with real activities on a real database and the real projector.
 * Only the registry is scripted: tests say what it knows, and when it is away. Knows nothing of a test runner: histories
 * are recorded with it too.
 */
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { type InjectedSinks, NativeConnection, Worker } from '@temporalio/worker';
import { createRegistrationActivities } from '../../../../activities/registration.ts';
import { limitedDataConverter } from '../../../../client/payload-limit.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { Ack, Deregister, Heartbeat, Introspection } from '../../../../contracts/node/messages.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../../contracts/node/settings.ts';
import type { RegistrationActivities, RegistrationTelemetry } from '../../../../contracts/node/workflow.ts';
import type { RegistryApi } from '../../../../contracts/registry.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { refreshPath } from '../../../../db/stores/liveness/path.ts';
import { createProjector, type Projector } from '../../../../db/stores/registration/projector.ts';
import { checkIntrospection } from '../../../../domain/registration/messages.ts';
import { workflowBundle } from '../../../../workers/build-bundle.ts';
import '../../support/quiet-runtime.ts';

const namespace = 'default';

export interface NodeWorkerOptions {
  readonly address: string;
  readonly databaseUrl: string;
  readonly settings?: (defaults: NodeSettings) => NodeSettings;
  /** Replaces activities, given the real ones. */
  readonly script?: (real: RegistrationActivities) => Partial<RegistrationActivities>;
  readonly registry?: Pick<RegistryApi, 'lookup'>;
  readonly allowedNetworks?: readonly string[];
  /** Workflows kept in memory; 0 replays at every task. */
  readonly maxCachedWorkflows?: number;
}

export interface Told {
  readonly introspected: string[];
  readonly acked: string[];
  readonly handshakes: number[];
  readonly dropped: string[];
  readonly refused: string[];
}

export interface NodeWorker {
  readonly client: Client;
  readonly taskQueue: string;
  readonly database: Database;
  readonly projector: Projector;
  readonly told: Told;
  readonly lags: { readonly ack: number[]; readonly liveness: number[] };
  /** From now on nobody says that the paths of nodes work. */
  cutPaths(): void;
  stop(): Promise<void>;
}

/** Gateways and sweep say it every 2 and 5 s; a path is down after 10 s of silence. */
const pathEveryMs = 2_000;

const noRegistry: Pick<RegistryApi, 'lookup'> = {
  lookup: (ref) => Promise.reject(new OmniBaseError('RG001', { details: { ref } })),
};

export async function startNodeWorker(options: NodeWorkerOptions): Promise<NodeWorker> {
  const taskQueue = `registration-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address: options.address });
  const database = openDatabase(options.databaseUrl, { applicationName: 'omnibase-test-registration' });
  const settings = (options.settings ?? ((defaults) => defaults))(defaultNodeSettings);
  const lags = { ack: [] as number[], liveness: [] as number[] };
  const projector = createProjector({
    database,
    settings: () => settings,
    observer: {
      ackDetectionLag: (seconds) => lags.ack.push(seconds),
      livenessDetectionLag: (seconds) => lags.liveness.push(seconds),
    },
  });
  const real = createRegistrationActivities({
    projector,
    database,
    registry: options.registry ?? noRegistry,
    settings: () => settings,
    ...(options.allowedNetworks === undefined ? {} : { allowedNetworks: options.allowedNetworks }),
  });
  const told: Told = { introspected: [], acked: [], handshakes: [], dropped: [], refused: [] };
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { ...real, ...options.script?.(real) },
    sinks: sinksOf(told),
    dataConverter: limitedDataConverter,
    stickyQueueScheduleToStartTimeout: '1s',
    ...(options.maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows: options.maxCachedWorkflows }),
  });
  const refresh = (): Promise<unknown> =>
    Promise.all([refreshPath(database, 'ingest'), refreshPath(database, 'sweep')]);
  await refresh();
  const refreshing = setInterval(() => void refresh(), pathEveryMs);
  const running = worker.run();
  return {
    client: new Client({ connection, namespace, dataConverter: limitedDataConverter }),
    taskQueue,
    database,
    projector,
    told,
    lags,
    cutPaths: () => clearInterval(refreshing),
    async stop() {
      clearInterval(refreshing);
      worker.shutdown();
      await running;
      await connection.close();
      await database.close();
    },
  };
}

type Sinks = { readonly registration: { [Name in keyof RegistrationTelemetry]: RegistrationTelemetry[Name] } };

/** For replays, where nobody listens. */
export const silentSinks: InjectedSinks<Sinks> = sinksOf({
  introspected: [],
  acked: [],
  handshakes: [],
  dropped: [],
  refused: [],
});

function sinksOf(told: Told): InjectedSinks<Sinks> {
  return {
    registration: {
      introspected: { fn: (_, reason, result) => void told.introspected.push(`${reason} ${result}`) },
      acked: { fn: (_, result) => void told.acked.push(result) },
      handshaken: { fn: (_, seconds) => void told.handshakes.push(seconds) },
      dropped: { fn: (_, message) => void told.dropped.push(message) },
      refused: { fn: (_, code) => void told.refused.push(code) },
    },
  };
}

const now = (): string => new Date().toISOString();

/** A checked introspection with every default filled in. */
export function introspection(changes: Readonly<Record<string, unknown>> = {}): Introspection {
  const checked = checkIntrospection({
    message_id: randomUUID(),
    correlation_id: randomUUID(),
    node_id: randomUUID(),
    node_type: 'compute',
    timestamp: now(),
    ...changes,
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

/** The same node says something more. */
export function again(first: Introspection, changes: Readonly<Record<string, unknown>> = {}): Introspection {
  return { ...first, message_id: randomUUID(), correlation_id: randomUUID(), timestamp: now(), ...changes };
}

export function ackOf({ node_id, domain }: Introspection, attempt_id: string | null): Ack {
  return { command_id: randomUUID(), node_id, domain, attempt_id, correlation_id: null, timestamp: now() };
}

export function deregistrationOf({ node_id, domain }: Introspection, changes: Partial<Deregister> = {}): Deregister {
  return {
    command_id: randomUUID(),
    node_id,
    domain,
    reason: 'maintenance',
    actor: { type: 'operator', id: 'ada' },
    correlation_id: null,
    epoch: null,
    ...changes,
  };
}

export function beatOf({ node_id, domain }: Introspection, changes: Partial<Heartbeat> = {}): Heartbeat {
  return {
    node_id,
    domain,
    timestamp: now(),
    epoch: null,
    message_id: null,
    correlation_id: null,
    node_version: null,
    status: 'healthy',
    uptime_seconds: 1,
    active_operations_count: 0,
    memory_usage_mb: null,
    cpu_usage_percent: null,
    sequence: null,
    note: null,
    ...changes,
  };
}
