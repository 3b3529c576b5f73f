/**
 * A node of OmniBase in three lines: registers, acknowledges, beats as often as it is told, does what answers ask for,
 * registers again after an outage, and says goodbye when it is closed (registration.md 4.3 "Duties of a node").
 *
 * It never throws because of the control plane: while that is away it tries again, with jitter, at most as rarely as it
 * was told to beat. What goes on is told by `onChange` and can be read from `status`.
 *
 * @example
 * ```ts
 * import { createNodeClient } from 'omnibase/node-client';
 *
 * const node = createNodeClient({
 *   target: { url: process.env['OMNIBASE_URL'] ?? '', token: process.env['OMNIBASE_TOKEN'] ?? '' },
 *   node: {
 *     node_id: '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b',
 *     node_type: 'compute',
 *     node_name: 'resizer-1',
 *     declared_capabilities: { processing: true },
 *     contract_capabilities: { capability_tags: ['image.resize'] },
 *   },
 *   onChange: ({ phase, epoch }) => console.log(phase, epoch),
 * });
 * node.start();
 * await node.ready({ timeoutMs: 30_000 });
 *
 * node.report({ status: 'degraded', active_operations_count: 12 });
 *
 * process.once('SIGTERM', async () => {
 *   await node.close(); // sends `shutdown`, waits at most 3 s
 *   process.exit();
 * });
 * ```
 */
import type { IntrospectionInput } from '../../../contracts/node/messages.ts';
import type { RegistrationState, ReportedStatus } from '../../../contracts/node/vocabulary.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import { createApiClient } from '../client.ts';
import type { ApiTarget } from '../target.ts';
import { NodeLoop } from './node-loop.ts';

export type { ApiTarget } from '../target.ts';

/** What a node says about itself; the client adds ids, times and the reason. */
export type NodeFacts = Omit<
  IntrospectionInput,
  'message_id' | 'correlation_id' | 'reason' | 'timestamp' | 'instance_id' | 'status'
>;

/** Telemetry of the next heartbeats; what is left out keeps its last value. */
export interface NodeReport {
  readonly status?: ReportedStatus;
  readonly active_operations_count?: number;
  readonly memory_usage_mb?: number | null;
  readonly cpu_usage_percent?: number | null;
  /** At most 256 characters. */
  readonly note?: string | null;
}

/**
 * Where the client stands: `idle` before `start`; `registering` while the handshake goes on; `active`; `waiting` while the
 * control plane wants it to wait (refused, or a retry is due); `replaced` when another process of this node has
 * registered since, after which it beats no more; `closed`.
 */
export const nodePhases = ['idle', 'registering', 'active', 'waiting', 'replaced', 'closed'] as const;
export type NodePhase = (typeof nodePhases)[number];

export interface NodeStatus {
  readonly phase: NodePhase;
  /** As last told; null before the first answer. */
  readonly state: RegistrationState | null;
  readonly epoch: number | null;
  readonly attempt_id: string | null;
  /** Told interval, ms. */
  readonly interval_ms: number;
  /** Calls in a row that failed; 0 while the control plane answers. */
  readonly failures: number;
  /** Of the newest failed call. */
  readonly last_error: Error | null;
}

export interface NodeClientOptions {
  /** Where the gateway is. */
  readonly target: ApiTarget;
  readonly node: NodeFacts;
  /** Identity of this process; a new UUID when absent, so that a restart begins a new epoch. */
  readonly instanceId?: string;
  /** Asked before each heartbeat; what it throws is ignored, the last values are sent again. */
  readonly telemetry?: () => NodeReport;
  /** Told when phase, state or epoch changed, and when calls begin to fail or to succeed; what it throws is ignored. */
  readonly onChange?: (status: NodeStatus) => void;
  /** Milliseconds a call may take, 100 to 60,000; default 15,000: more than the 10 s after which a gateway without engine answers. */
  readonly callTimeoutMs?: number;
  /** First interval, before one is told, ms; default 30,000. */
  readonly intervalMs?: number;
  /** Instead of `target`, for tests. */
  readonly nodes?: NodesApi;
  /** 0 (inclusive) to 1; default `Math.random`. */
  readonly random?: () => number;
}

export interface NodeClient {
  readonly status: NodeStatus;
  /** Begins to register; returns at once. A second call changes nothing. */
  start(): void;
  /**
   * Resolves to true once the node is active, to false when `timeoutMs` (default: no limit) passed first or the client
   * was closed or replaced. Never rejects.
   */
  ready(options?: { readonly timeoutMs?: number }): Promise<boolean>;
  /** Telemetry for the next heartbeats; another status is told at once. */
  report(report: NodeReport): void;
  /** Says that facts have changed (`capability_change`); members that are not given stay as they are. */
  update(facts: Partial<Omit<NodeFacts, 'node_id' | 'domain'>>): void;
  /**
   * Stops beating and sends `shutdown`, once, within `timeoutMs` (default 3,000). Resolves whether or not it was heard:
   * an unheard one is found by the missing heartbeats. Never rejects.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/**
 * A client for one node. Opens nothing before `start`.
 *
 * @throws OB003 when the URL of the target is malformed
 */
export function createNodeClient(options: NodeClientOptions): NodeClient {
  const api = options.nodes === undefined ? createApiClient(options.target) : null;
  const nodes = options.nodes ?? api?.nodes;
  if (nodes === undefined) throw new TypeError('neither a target nor an implementation of nodes was given');
  const loop = new NodeLoop(nodes, options);
  return {
    get status() {
      return loop.status;
    },
    start: () => loop.start(),
    ready: ({ timeoutMs } = {}) => loop.ready(timeoutMs),
    report: (report) => loop.report(report),
    update: (facts) => loop.update(facts),
    async close({ timeoutMs = 3000 } = {}) {
      await loop.close(timeoutMs);
      api?.close();
    },
  };
}
