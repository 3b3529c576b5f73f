/**
 * The self-check of a serving process (registration.md 13.13): a synthetic node goes the way every node goes, in a domain
 * of its own. It registers, acknowledges, beats once, falls silent and must expire. The check fails when rows do not
 * move: that nothing lags is no proof that anything works.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../contracts/error.ts';
import type { NodesApi } from '../contracts/node/api.ts';
import type { NodeSettings } from '../contracts/node/settings.ts';
import type { RegistrationState } from '../contracts/node/vocabulary.ts';
import type { CallContext } from '../contracts/registry.ts';

/** No other node lives here. */
export const selfCheckDomain = 'omnibase-self-check';

export type SelfCheckStep = 'register' | 'ack' | 'beat' | 'expire';

export type SelfCheckOutcome =
  | { readonly ok: true; readonly took_ms: number }
  /** The admission policy lets no such node in: its row moved, the rest was not tried. */
  | { readonly ok: null; readonly reason: string }
  | { readonly ok: false; readonly step: SelfCheckStep; readonly reason: string };

export interface SelfCheckParts {
  readonly nodes: Pick<NodesApi, 'introspect' | 'ack' | 'heartbeat' | 'get'>;
  readonly settings: NodeSettings;
  /** Uuid of the synthetic node: one per gateway, the same at every start, so that rows do not pile up. */
  readonly nodeId: string;
  readonly newId: () => string;
  readonly call: CallContext;
  readonly signal: AbortSignal;
  /** Added to the time an expiry may take, ms; default 60,000. */
  readonly patienceMs?: number;
  /** How long after its answer a call may still be unseen in the row, ms; default 5,000. */
  readonly rowWithinMs?: number;
}

const defaultPatienceMs = 60_000;
/** A row is written before the call that writes it answers; a replica may be behind. */
const defaultRowWithinMs = 5_000;
const lookEveryMs = 500;

class SelfCheckFailure extends Error {
  readonly step: SelfCheckStep;

  constructor(step: SelfCheckStep, reason: string) {
    super(reason);
    this.step = step;
  }
}

/** Takes a liveness window and a little more. Rejects only when the signal fires. */
export async function runSelfCheck(parts: SelfCheckParts): Promise<SelfCheckOutcome> {
  const started = performance.now();
  let step: SelfCheckStep = 'register';
  try {
    const offer = await registered(parts);
    if (offer.state === 'rejected') return { ok: null, reason: offer.reason?.code ?? 'rejected' };
    const { epoch } = offer;
    if (epoch === null) throw new SelfCheckFailure(step, `the introspection was answered ${offer.result}`);

    step = 'ack';
    const acked = await parts.nodes.ack({ ...keyOf(parts), ...stamp(parts), attempt_id: offer.attempt_id }, parts.call);
    if (acked.state !== 'active') throw new SelfCheckFailure(step, `the ack was answered ${acked.result}`);
    await rowIs(parts, step, { state: 'active', epoch }, parts.rowWithinMs ?? defaultRowWithinMs);

    step = 'beat';
    await beat(parts, epoch);

    step = 'expire';
    await rowIs(parts, step, { state: 'liveness_expired', epoch }, longestLife(parts));
    return { ok: true, took_ms: Math.round(performance.now() - started) };
  } catch (error) {
    parts.signal.throwIfAborted();
    return { ok: false, step, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Waits for an engine and workers that are not there yet. */
async function registered(parts: SelfCheckParts) {
  const until = performance.now() + (parts.patienceMs ?? defaultPatienceMs);
  for (;;) {
    try {
      return await register(parts);
    } catch (error) {
      const later = error instanceof OmniBaseError && error.retryable;
      if (!later || performance.now() > until) throw error;
    }
    await sleep(lookEveryMs, undefined, { signal: parts.signal });
  }
}

/** The most a policy may ask of any node, apart from its component. */
async function register({ nodes, settings, nodeId, newId, call }: SelfCheckParts) {
  const { node_types, required_capabilities } = settings.registration.admission;
  const id = newId();
  return nodes.introspect(
    {
      message_id: id,
      correlation_id: id,
      node_id: nodeId,
      domain: selfCheckDomain,
      node_name: 'omnibase self-check',
      node_type: node_types[0] ?? 'effect',
      node_version: '9999.0.0',
      reason: 'startup',
      status: 'healthy',
      timestamp: new Date().toISOString(),
      instance_id: id,
      component: null,
      declared_capabilities: Object.fromEntries(required_capabilities.map((name) => [name, true])),
      discovered_capabilities: {},
      contract_capabilities: null,
      endpoints: {},
      subscribe_topics: null,
      publish_topics: null,
      metadata: { synthetic: true },
      feature_flags: {},
      performance_metrics: null,
    },
    call,
  );
}

async function beat(parts: SelfCheckParts, epoch: number): Promise<void> {
  const { nodes, call } = parts;
  const answer = await nodes.heartbeat(
    {
      ...keyOf(parts),
      timestamp: new Date().toISOString(),
      epoch,
      message_id: parts.newId(),
      correlation_id: null,
      node_version: null,
      status: 'healthy',
      uptime_seconds: 0,
      active_operations_count: 0,
      memory_usage_mb: null,
      cpu_usage_percent: null,
      sequence: null,
      note: null,
    },
    call,
  );
  if (answer.result !== 'accepted') throw new SelfCheckFailure('beat', `the heartbeat was answered ${answer.result}`);
  const { live } = await nodes.get(keyOf(parts), call);
  if (live?.epoch !== epoch || live.last_heartbeat_at === null) {
    throw new SelfCheckFailure('beat', 'the heartbeat was accepted, but its row did not move');
  }
}

async function rowIs(
  parts: SelfCheckParts,
  step: SelfCheckStep,
  wanted: { readonly state: RegistrationState; readonly epoch: number },
  withinMs: number,
): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    const row = await parts.nodes.get(keyOf(parts), parts.call);
    if (row.current_state === wanted.state && row.epoch === wanted.epoch) return;
    if (performance.now() > until) {
      const [is, should] = [`${row.current_state} in epoch ${row.epoch}`, `${wanted.state} in epoch ${wanted.epoch}`];
      throw new SelfCheckFailure(step, `the row is ${is} after ${withinMs} ms, not ${should}`);
    }
    await sleep(lookEveryMs, undefined, { signal: parts.signal });
  }
}

/** From the beat to the effective deadline; the path came up with this process, which is an amnesty of a window. */
function longestLife({ settings: { registration, damping }, patienceMs = defaultPatienceMs }: SelfCheckParts): number {
  const { first_liveness_ms, liveness_window_ms } = registration;
  return Math.max(first_liveness_ms, liveness_window_ms) * damping.missed_windows + patienceMs;
}

function keyOf({ nodeId }: SelfCheckParts) {
  return { node_id: nodeId, domain: selfCheckDomain };
}

function stamp({ newId }: SelfCheckParts) {
  return { command_id: newId(), correlation_id: null, timestamp: new Date().toISOString() };
}
