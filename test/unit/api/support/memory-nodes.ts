/**
 * Nodes in memory, so that the border and the clients can be tested alone: a handshake that always consents, a record of
 * what was asked, and answers or errors that a test puts in the way.
 */
import type {
  AckAnswer,
  AnswerFields,
  DeregisterAnswer,
  HeartbeatAnswer,
  IntrospectionAnswer,
} from '../../../../contracts/node/answers.ts';
import type { HeartbeatItem, NodesApi } from '../../../../contracts/node/api.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { Heartbeat } from '../../../../contracts/node/messages.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import type { CallContext } from '../../../../contracts/registry.ts';

export interface RecordedNodeCall {
  readonly operation: keyof NodesApi;
  readonly given: unknown;
  readonly call: CallContext;
  /** `performance.now()`. */
  readonly at: number;
}

type Scripted = OmniBaseError | Partial<AnswerFields<string> & { edge: string }>;

export interface MemoryNodes extends NodesApi {
  readonly calls: RecordedNodeCall[];
  /** Operation → what the next calls are answered instead, in order. */
  readonly script: Partial<Record<keyof NodesApi, Scripted[]>>;
  /** Thrown by every call while it is set. */
  away: OmniBaseError | null;
  /** What one operation was given, in order. */
  given<T>(operation: keyof NodesApi): T[];
}

export const exampleNodeId = '11111111-2222-4333-8444-555555555555';
export const exampleAttemptId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';

export function exampleNode(change: Partial<NodeRow> = {}): NodeRow {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    entity_id: exampleNodeId,
    domain: 'registration',
    current_state: 'active',
    state_entered_at: at,
    node_type: 'compute',
    node_version: '1.0.0',
    node_name: 'resizer',
    component_id: null,
    component_ref: null,
    instance_id: 'process-1',
    capabilities: { processing: true },
    capability_sources: { declared: { processing: true }, discovered: {}, contract: null },
    contract_type: null,
    contract_version: null,
    intent_types: [],
    protocols: [],
    capability_tags: ['image.resize', 'node.compute'],
    subscribe_topics: [],
    publish_topics: [],
    endpoints: { control: 'http://localhost:9000/' },
    metadata: {},
    feature_flags: { beta: true },
    performance_metrics: null,
    facts_hash: 'a'.repeat(64),
    policy_revision: 'b',
    path: 'gateway',
    epoch: 3,
    version: 7,
    attempt_id: exampleAttemptId,
    attempt_number: 1,
    attempt_started_at: at,
    next_retry_at: null,
    ack_deadline: null,
    liveness_deadline: at,
    last_heartbeat_at: at,
    ack_timeout_emitted_at: null,
    liveness_timeout_emitted_at: null,
    reported_status: 'healthy',
    reason_code: null,
    rejection_reason: null,
    expiry_reason: null,
    flap_count: 0,
    flap_period_started_at: null,
    flapping_until: null,
    ordering_mode: 'workflow',
    last_applied_event_id: exampleAttemptId,
    last_applied_sequence: null,
    last_applied_offset: 0,
    last_applied_partition: null,
    correlation_id: null,
    data_provenance: 'unknown',
    registered_at: at,
    updated_at: at,
    ...change,
  };
}

const nothing = {
  state: null,
  epoch: null,
  version: null,
  attempt_id: null,
  attempt_number: null,
  ack_deadline: null,
  ack_in_ms: null,
  next_heartbeat_in_ms: null,
  next: null,
  retry_after_ms: null,
  reason: null,
} as const;

const offered = {
  ...nothing,
  state: 'awaiting_ack',
  epoch: 1,
  version: 3,
  attempt_id: exampleAttemptId,
  attempt_number: 1,
  ack_deadline: '2026-01-01T00:00:30.000Z',
  ack_in_ms: 30_000,
  next_heartbeat_in_ms: 30_000,
  next: 'ack',
} as const;
const active = {
  ...offered,
  state: 'active',
  version: 5,
  ack_deadline: null,
  ack_in_ms: null,
  next: 'heartbeat',
} as const;

export const exampleAnswers = {
  introspect: { ...offered, result: 'started' } satisfies IntrospectionAnswer as IntrospectionAnswer,
  ack: { ...active, result: 'activated' } satisfies AckAnswer as AckAnswer,
  heartbeat: { ...active, result: 'accepted', edge: 'none' } satisfies HeartbeatAnswer as HeartbeatAnswer,
  deregister: {
    ...nothing,
    result: 'deregistered',
    state: 'liveness_expired',
    epoch: 1,
    version: 6,
    next: 'stop',
  } satisfies DeregisterAnswer as DeregisterAnswer,
};

export function memoryNodes(): MemoryNodes {
  const calls: RecordedNodeCall[] = [];
  const script: MemoryNodes['script'] = {};
  const answered = async <T>(operation: keyof NodesApi, given: unknown, call: CallContext, usual: T): Promise<T> => {
    calls.push({ operation, given, call, at: performance.now() });
    if (nodes.away !== null) throw nodes.away;
    const next = script[operation]?.shift();
    if (next instanceof OmniBaseError) throw next;
    return next === undefined ? usual : { ...usual, ...(next as Partial<T>) };
  };
  const nodes: MemoryNodes = {
    calls,
    script,
    away: null,
    given: <T>(operation: keyof NodesApi) =>
      calls.filter((made) => made.operation === operation).map((made) => made.given as T),
    introspect: (message, call) => answered('introspect', message, call, exampleAnswers.introspect),
    ack: (message, call) => answered('ack', message, call, exampleAnswers.ack),
    heartbeat: (beat, call) => answered('heartbeat', beat, call, exampleAnswers.heartbeat),
    heartbeats: async (items, call) => {
      const usual = { items: items.map((): HeartbeatItem => exampleAnswers.heartbeat) };
      return (await answered('heartbeats', items, call, usual)).items;
    },
    deregister: (message, call) => answered('deregister', message, call, exampleAnswers.deregister),
    offer: (key, wait_ms, call) =>
      answered('offer', { key, wait_ms }, call, {
        state: 'awaiting_ack',
        epoch: 1,
        attempt_id: exampleAttemptId,
        attempt_number: 1,
        ack_deadline: '2026-01-01T00:00:30.000Z',
        ack_in_ms: 29_000,
      } as const),
    list: (query, call) =>
      answered('list', query, call, { items: [exampleNode()], next_cursor: null, has_more: false, malformed: [] }),
    counts: (domain, call) =>
      answered('counts', domain, call, {
        pending_registration: 0,
        accepted: 0,
        awaiting_ack: 1,
        rejected: 0,
        ack_timed_out: 0,
        ack_received: 0,
        active: 2,
        liveness_expired: 0,
        total: 3,
      }),
    get: (key, call) => answered('get', key, call, { ...exampleNode(), live: null }),
    transitions: (key, page, call) =>
      answered('transitions', { key, page }, call, {
        items: [
          {
            id: 5,
            entity_id: exampleNodeId,
            domain: 'registration',
            epoch: 1,
            version: 1,
            kind: 'epoch_start',
            from_state: null,
            to_state: 'pending_registration',
            event_id: exampleAttemptId,
            cause_id: null,
            correlation_id: null,
            attempt_id: exampleAttemptId,
            actor: 'node:x',
            reason_code: null,
            deadline_at: null,
            occurred_at: '2026-01-01T00:00:00.000Z',
          } as const,
        ],
        next_cursor: null,
        has_more: false,
        malformed: [],
      }),
    live: (key, call) =>
      answered('live', key, call, {
        entity_id: exampleNodeId,
        domain: 'registration',
        state: 'active',
        epoch: 3,
        version: 7,
        attempt_id: exampleAttemptId,
        attempt_number: 1,
        ack_deadline: null,
        liveness_deadline: null,
        next_retry_at: null,
        next_heartbeat_in_ms: 30_000,
        inbox_length: 0,
        timer: { purpose: 'liveness check', due_at: '2026-01-01T00:00:00.000Z' },
        mode: 'precise',
        heartbeat: null,
      } as const),
    select: (request, call) =>
      answered('select', request, call, { node: exampleNode(), strategy: 'first', candidates: 1 } as const),
    requestIntrospection: async (ids, domain, call) => {
      const { requested } = await answered('requestIntrospection', { ids, domain }, call, { requested: 2 });
      return requested;
    },
    async *events(query, call) {
      await answered('events', query, call, {});
      yield* [];
    },
  };
  return nodes;
}

/** A beat as a node would send it. */
export function exampleBeat(change: Partial<Heartbeat> = {}): Record<string, unknown> {
  return {
    node_id: exampleNodeId,
    timestamp: '2026-01-01T00:00:00Z',
    uptime_seconds: 12.5,
    ...change,
  };
}

export function exampleIntrospection(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    node_id: exampleNodeId,
    node_type: 'compute',
    timestamp: '2026-01-01T00:00:00Z',
    ...change,
  };
}
