/**
 * What the node service needs of the orchestration engine, and its implementation on Temporal by the use cases of
 * `client/`. Answers are null where no workflow runs and none was to be started: then the row speaks.
 */
import type { Client } from '@temporalio/client';
import { ackNode, deregisterNode, introspectNode, sendEdge, snapshotNode } from '../../client/registration.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { AckAnswer, DeregisterAnswer, EdgeAnswer, IntrospectionAnswer } from '../../contracts/node/answers.ts';
import type { Ack, Deregister, Introspection, StatusEdge } from '../../contracts/node/messages.ts';
import type { RegistrationKey, RegistrationSnapshot } from '../../contracts/node/workflow.ts';

export interface Start {
  /** Start a workflow where none runs. */
  readonly start: boolean;
}

/** All throw ND013 when engine or worker do not answer in time, ND014 when too much waits for one node. */
export interface RegistrationEngine {
  introspect(message: Introspection, options: Start): Promise<IntrospectionAnswer | null>;
  ack(message: Ack, options: Start): Promise<AckAnswer | null>;
  deregister(message: Deregister, options: Start): Promise<DeregisterAnswer | null>;
  edge(key: RegistrationKey, edge: StatusEdge, timeoutMs: number): Promise<EdgeAnswer>;
  /** Null when no workflow of this node is known. */
  snapshot(key: RegistrationKey): Promise<RegistrationSnapshot | null>;
}

export interface EngineOptions {
  /** Default the product's control queue; tests have their own. */
  readonly taskQueue?: string;
}

/** Milliseconds until a caller hears that the engine is away (registration.md 9, 10). */
export const engineTimeouts = { introspect: 9_500, ack: 5_000, deregister: 9_500, snapshot: 5_000 } as const;

export function createRegistrationEngine(client: Client, options: EngineOptions = {}): RegistrationEngine {
  return {
    introspect: (message, { start }) =>
      within(engineTimeouts.introspect, (timeoutMs) =>
        introspectNode(client, message, { ...options, start, timeoutMs }),
      ),
    ack: (message, { start }) =>
      within(engineTimeouts.ack, (timeoutMs) => ackNode(client, message, { ...options, start, timeoutMs })),
    deregister: (message, { start }) =>
      within(engineTimeouts.deregister, (timeoutMs) =>
        deregisterNode(client, message, { ...options, start, timeoutMs }),
      ),
    edge: (key, edge, timeout) => within(timeout, (timeoutMs) => sendEdge(client, key, edge, timeoutMs)),
    snapshot: (key) => within(engineTimeouts.snapshot, (timeoutMs) => snapshotNode(client, key, timeoutMs)),
  };
}

/** A call that waits in the line of its workflow may outlast its own deadline; its caller need not. */
async function within<T>(timeoutMs: number, ask: (timeoutMs: number) => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new OmniBaseError('ND013', { details: { part: 'the engine' } })), timeoutMs);
  try {
    return await Promise.race([ask(timeoutMs), late]);
  } finally {
    clearTimeout(timer);
  }
}
