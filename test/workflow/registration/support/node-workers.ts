/** Workers of registrations for one test file, on one database, and what the row and the history of a node say. */
import { afterAll, beforeAll, expect, inject } from 'vitest';
import type { AckAnswer, DeregisterAnswer, IntrospectionAnswer } from '../../../../contracts/node/answers.ts';
import type { Ack, Deregister, Introspection, Poke } from '../../../../contracts/node/messages.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import { ackNode, deregisterNode, introspectNode, pokeNode } from '../../../../client/registration.ts';
import { registrationWorkflowId } from '../../../../client/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { stepName } from '../../../unit/domain/registration/decide/support.ts';
import { type NodeWorker, type NodeWorkerOptions, startNodeWorker } from './node-worker.ts';

export type Options = Omit<NodeWorkerOptions, 'address' | 'databaseUrl'>;

export interface Nodes {
  readonly worker: NodeWorker;
  introspect(message: Introspection): Promise<IntrospectionAnswer>;
  ack(message: Ack): Promise<AckAnswer>;
  deregister(command: Deregister): Promise<DeregisterAnswer>;
  poke(message: Introspection, poke: Poke): Promise<void>;
  row(message: Introspection): Promise<NodeRow>;
  /** Names of the steps written for a node, in order: `ES E1 E3`. */
  steps(message: Introspection): Promise<string>;
  /** Types of its events in the outbox, in order. */
  events(message: Introspection): Promise<readonly { readonly type: string; readonly payload: EventBody }[]>;
  /** Waits for a state of the row. */
  reaches(message: Introspection, state: NodeRow['current_state'], timeoutMs?: number): Promise<NodeRow>;
  workflowId(message: Introspection): string;
}

export interface EventBody {
  readonly event_id: string;
  readonly epoch: number;
  readonly version: number;
  readonly correlation_id: string | null;
  readonly causation_id: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Starts the worker of a file before its tests. */
export function useNodes(options: Options = {}): Nodes {
  let database: TestDatabase;
  let worker: NodeWorker;
  beforeAll(async () => {
    database = await createTestDatabase();
    worker = await startNodeWorker({ ...options, address: inject('temporalAddress'), databaseUrl: database.url });
  });
  afterAll(async () => {
    await worker.stop();
    await database.drop();
  });
  const load = async ({ node_id, domain }: Introspection): Promise<NodeRow> => {
    const loaded = await worker.projector.load(node_id, domain);
    if (loaded === null) throw new Error('there is no row');
    return loaded.row;
  };
  return {
    get worker() {
      return worker;
    },
    introspect: async (message) =>
      required(await introspectNode(worker.client, message, { start: true, taskQueue: worker.taskQueue })),
    ack: async (message) =>
      required(await ackNode(worker.client, message, { start: true, taskQueue: worker.taskQueue })),
    deregister: async (command) =>
      required(await deregisterNode(worker.client, command, { start: true, taskQueue: worker.taskQueue })),
    poke: ({ node_id, domain }, poke) =>
      pokeNode(worker.client, { entity_id: node_id, domain }, poke, { taskQueue: worker.taskQueue }),
    row: load,
    async steps({ node_id, domain }) {
      const { rows } = await worker.database.pool.query<{ kind: string; to_state: string }>(
        'SELECT kind, to_state FROM registration_transitions WHERE entity_id = $1 AND domain = $2 ORDER BY id',
        [node_id, domain],
      );
      return rows.map(stepName).join(' ');
    },
    async events({ node_id, domain }) {
      const { rows } = await worker.database.pool.query<{ type: string; payload: EventBody }>(
        `SELECT type, payload FROM outbox WHERE subject_id = $1 AND domain = $2 AND class = 'event' ORDER BY id`,
        [node_id, domain],
      );
      return rows;
    },
    async reaches(message, state, timeoutMs = 15_000) {
      await expect
        .poll(async () => (await load(message)).current_state, { timeout: timeoutMs, interval: 50 })
        .toBe(state);
      return load(message);
    },
    workflowId: ({ node_id, domain }) => registrationWorkflowId(domain, node_id),
  };
}

function required<T>(answer: T | null): T {
  if (answer === null) throw new Error('no workflow runs for this node');
  return answer;
}
