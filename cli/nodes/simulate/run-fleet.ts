/**
 * Runs a fleet until its time is up, all of it has fallen silent and expired, or somebody stops it. What is printed are
 * the published events of its nodes: what everybody else hears about them, not what they believe themselves.
 */
import type { OmniBaseError } from '../../../contracts/error.ts';
import type { PublishedEvent } from '../../../contracts/event.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { followEvents } from '../follow-events.ts';
import { type Ending, pauseUntil } from '../time-limit.ts';
import type { Fleet } from './fleet.ts';

export interface FleetRun {
  readonly domain: string;
  /** Null = until all have fallen silent and expired, or until stopped. */
  readonly durationMs: number | null;
  readonly onEvent: (event: PublishedEvent) => void;
  /** The events broke off and are dialled again after so long. */
  readonly onBreak: (error: OmniBaseError, retryMs: number) => void;
  /** Nobody tells what happens any more; the nodes go on. */
  readonly onDeaf: (error: unknown) => void;
}

/** Lead of the ears over the nodes, ms: the stream is open before the first of them is heard of. */
const leadMs = 50;
/** How long the events of the farewells are waited for, ms. */
const farewellMs = 3_000;
/** How often it is looked whether all is over, ms. */
const lookMs = 100;

/** What became of the nodes, as everybody else heard of it. */
export interface FleetFate {
  readonly active: number;
  /** By silence. */
  readonly expired: number;
}

export async function runFleet(
  nodes: NodesApi,
  fleet: Fleet,
  call: CallContext,
  ending: Ending,
  run: FleetRun,
): Promise<FleetFate> {
  const active = new Set<string>();
  const expired = new Set<string>();
  const left = new Set<string>();
  const ears = new AbortController();
  let isDeaf = false;
  const listening = listen(nodes, call, ears.signal, {
    ...run,
    onEvent(event) {
      if (!fleet.ids.has(event.subject_id)) return;
      run.onEvent(event);
      if (event.type === 'node.became_active') active.add(event.subject_id);
      if (event.type !== 'node.liveness_expired') return;
      (expiryReasonOf(event) === 'missed_heartbeats' ? expired : left).add(event.subject_id);
    },
    onDeaf(error) {
      isDeaf = true;
      run.onDeaf(error);
    },
  });
  try {
    await ending.pause(leadMs);
    await fleet.start(ending);
    await wait(ending, run.durationMs, () => {
      const { nodes: all, fell_silent, became_active } = fleet.counts();
      return fell_silent === all && expired.size >= became_active;
    });
    await fleet.close();
    const { fell_silent } = fleet.counts();
    const afterwards = { signal: ears.signal, pause: (ms: number) => pauseUntil(ms, ears.signal) };
    await wait(afterwards, farewellMs, () => isDeaf || left.size >= active.size - fell_silent);
    return { active: active.size, expired: expired.size };
  } finally {
    await fleet.close();
    ears.abort();
    await listening;
  }
}

/** Never rejects: the nodes go on when nobody can listen. */
async function listen(
  nodes: NodesApi,
  call: CallContext,
  signal: AbortSignal,
  { domain, onEvent, onBreak, onDeaf }: FleetRun,
): Promise<void> {
  const ending: Ending = { signal, pause: (ms) => pauseUntil(ms, signal) };
  try {
    for await (const event of followEvents(nodes, { domain }, call, { ending, onBreak })) onEvent(event);
  } catch (error) {
    if (!signal.aborted) onDeaf(error);
  }
}

function expiryReasonOf({ payload }: PublishedEvent): unknown {
  const inner = payload['payload'];
  return typeof inner === 'object' && inner !== null && 'expiry_reason' in inner ? inner.expiry_reason : null;
}

/** Resolves when `isDone`, after `ms` (null = never), or with the ending. */
async function wait(ending: Ending, ms: number | null, isDone: () => boolean): Promise<void> {
  const deadline = ms === null ? Number.POSITIVE_INFINITY : performance.now() + ms;
  for (;;) {
    const rest = deadline - performance.now();
    if (ending.signal.aborted || rest <= 0 || isDone()) return;
    await ending.pause(Math.min(rest, lookMs));
  }
}
