/** Simulated nodes against a control plane in memory that takes everybody in. */
import { describe, expect, it } from 'vitest';
import { createFleet, type FleetSettings } from '../../../cli/nodes/simulate/fleet.ts';
import { type Losses, withLosses } from '../../../cli/nodes/simulate/lossy-nodes.ts';
import { seededRandom, seededUuid } from '../../../cli/nodes/simulate/random.ts';
import { runFleet } from '../../../cli/nodes/simulate/run-fleet.ts';
import { pauseUntil } from '../../../cli/nodes/time-limit.ts';
import type { PublishedEvent } from '../../../contracts/event.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import type { Heartbeat, Introspection } from '../../../contracts/node/messages.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { acked, beaten, event, introspected } from './support/nodes.ts';

const call: CallContext = { principal: { id: 'user:a', kind: 'user', capabilities: [] }, correlation_id: 'c' };
const settings: FleetSettings = {
  count: 1,
  domain: 'registration',
  type: 'effect',
  name: 'simulated',
  tags: ['mail'],
  beatLoss: 0,
  silentAfterMs: null,
  seed: 7,
};

/** Answers everybody as the control plane would, tells a beat every 60 ms, and publishes what it saw. */
function plane() {
  const heard: string[] = [];
  const facts: Introspection[] = [];
  const queue: PublishedEvent[] = [];
  let number = 0;
  let wake = (): void => undefined;
  const publish = (id: string, type: string, reason?: string): void => {
    number += 1;
    const { payload } = event(number);
    queue.push(
      event(number, { type, subject_id: id, payload: { ...payload, type, payload: { expiry_reason: reason } } }),
    );
    wake();
  };
  const nodes: NodesApi = {
    ...({} as NodesApi),
    introspect: async (message) => {
      heard.push(message.reason);
      facts.push(message);
      if (message.reason === 'shutdown') publish(message.node_id, 'node.liveness_expired', 'deregistered');
      return introspected({ next_heartbeat_in_ms: 60 });
    },
    ack: async (message) => {
      heard.push('ack');
      publish(message.node_id, 'node.became_active');
      return acked({ next_heartbeat_in_ms: 60 });
    },
    heartbeat: async () => {
      heard.push('beat');
      return beaten({ next_heartbeat_in_ms: 60 });
    },
    async *events({ signal }) {
      for (;;) {
        if (signal?.aborted === true) return;
        const next = queue.shift();
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal?.addEventListener('abort', () => resolve(), { once: true });
          });
      }
    },
  };
  return { nodes, heard, facts, publish };
}

async function run(
  control: ReturnType<typeof plane>,
  changes: Partial<FleetSettings>,
  durationMs: number | null,
  during?: (ids: ReadonlySet<string>) => void,
) {
  const controller = new AbortController();
  const ending = { signal: controller.signal, pause: (ms: number) => pauseUntil(ms, controller.signal) };
  const fleet = createFleet(control.nodes, { socketPath: '/nowhere' }, { ...settings, ...changes });
  during?.(fleet.ids);
  const events: string[] = [];
  const fate = await runFleet(control.nodes, fleet, call, ending, {
    domain: 'registration',
    durationMs,
    onEvent: ({ type }) => events.push(type),
    onBreak: () => undefined,
    onDeaf: () => events.push('deaf'),
  });
  return { ...fate, events, counts: fleet.counts(), ids: [...fleet.ids] };
}

describe('a simulated fleet', () => {
  it('registers, acknowledges, beats, says goodbye, and prints what is published about it', async () => {
    const control = plane();
    const { events, counts, expired, active } = await run(control, {}, 300);
    expect(control.heard.slice(0, 3)).toEqual(['startup', 'ack', 'beat']);
    expect(control.heard.at(-1)).toBe('shutdown');
    expect(events).toEqual(['node.became_active', 'node.liveness_expired']);
    expect(counts).toMatchObject({ nodes: 1, became_active: 1, fell_silent: 0, beats_lost: 0, failed_calls: 0 });
    expect(counts.beats_sent).toBe(control.heard.filter((what) => what === 'beat').length);
    expect([active, expired]).toEqual([1, 0]);
  });

  it('falls silent without a goodbye and ends when all have expired', async () => {
    const control = plane();
    const silent = run(control, { count: 2, silentAfterMs: 100 }, null, (ids) => {
      setTimeout(() => {
        for (const id of ids) control.publish(id, 'node.liveness_expired', 'missed_heartbeats');
      }, 400);
    });
    const { expired, counts, events } = await silent;
    expect(expired).toBe(2);
    expect(counts).toMatchObject({ nodes: 2, became_active: 2, fell_silent: 2 });
    expect(control.heard).not.toContain('shutdown');
    expect(events.filter((type) => type === 'node.liveness_expired')).toHaveLength(2);
  });

  it('says what kind of nodes they are', async () => {
    const control = plane();
    await run(control, { count: 2, name: 'worker', type: 'compute', domain: 'lab' }, 100);
    const names = new Set(control.facts.map(({ node_name }) => node_name));
    expect(names).toEqual(new Set(['worker-1', 'worker-2']));
    expect(control.facts[0]).toMatchObject({
      node_type: 'compute',
      domain: 'lab',
      metadata: { simulated: true },
      contract_capabilities: { capability_tags: ['mail'] },
    });
  });

  it('has the same nodes for the same seed, others for another', () => {
    const idsOf = (seed: number) => [
      ...createFleet(plane().nodes, { socketPath: '/x' }, { ...settings, count: 5, seed }).ids,
    ];
    expect(idsOf(7)).toEqual(idsOf(7));
    expect(new Set([...idsOf(7), ...idsOf(8)]).size).toBe(10);
  });

  it('goes on when events cannot be heard', async () => {
    const control = plane();
    const deaf = {
      ...control,
      nodes: {
        ...control.nodes,
        // oxlint-disable-next-line require-yield -- it breaks before its first event
        async *events(): AsyncGenerator<PublishedEvent> {
          await Promise.resolve();
          throw new Error('no stream');
        },
      },
    };
    const { events, counts } = await run(deaf, {}, 100);
    expect(events).toEqual(['deaf']);
    expect(counts.became_active).toBe(1);
  }, 10_000);
});

describe('a lossy way', () => {
  const way = (beatLoss: number, isSilent = () => false) => {
    const counts = { sent: 0, lost: 0, failed: 0 };
    const losses: Losses = {
      beatLoss,
      random: seededRandom(1),
      isSilent,
      beatSent: () => (counts.sent += 1),
      beatLost: () => (counts.lost += 1),
      callFailed: () => (counts.failed += 1),
    };
    const control = plane();
    return { nodes: withLosses(control.nodes, losses), counts, control };
  };
  const beat = {} as Heartbeat;

  it('loses the share it should, unnoticed by the node', async () => {
    const { nodes, counts, control } = way(0.3);
    for (let index = 0; index < 500; index += 1)
      await nodes.heartbeat(beat, call).catch(() => expect(counts.sent).toBe(0));
    expect(counts.sent + counts.lost).toBe(500);
    expect(counts.lost).toBeGreaterThan(110);
    expect(counts.lost).toBeLessThan(190);
    expect(control.heard).toHaveLength(counts.sent);
  });

  it('loses everything at 1 and nothing at 0', async () => {
    const all = way(1);
    await expect(all.nodes.heartbeat(beat, call)).rejects.toMatchObject({ code: 'OB010' });
    expect(all.control.heard).toEqual([]);
    const none = way(0);
    await none.nodes.heartbeat(beat, call);
    expect(none.counts).toEqual({ sent: 1, lost: 0, failed: 0 });
  });

  it('lets nothing through once it is silent', async () => {
    let silent = false;
    const { nodes, control } = way(0, () => silent);
    await nodes.heartbeat(beat, call);
    silent = true;
    expect((await nodes.heartbeat(beat, call)).result).toBe('accepted');
    await expect(nodes.introspect({} as Introspection, call)).rejects.toMatchObject({ code: 'OB010' });
    await expect(nodes.ack({} as never, call)).rejects.toMatchObject({ code: 'OB010' });
    expect(control.heard).toEqual(['beat']);
  });

  it('counts what was sent in vain', async () => {
    const { counts, control } = way(0);
    control.nodes.heartbeat = () => Promise.reject(new Error('away'));
    const failing = withLosses(control.nodes, { ...neverLossy(), callFailed: () => (counts.failed += 1) });
    await expect(failing.heartbeat(beat, call)).rejects.toThrow('away');
    expect(counts.failed).toBe(1);
    const leaving = { ...call, signal: AbortSignal.abort() };
    await expect(failing.heartbeat(beat, leaving)).rejects.toThrow('away');
    expect(counts.failed).toBe(1);
  });
});

function neverLossy(): Losses {
  const nothing = (): void => undefined;
  return {
    beatLoss: 0,
    random: seededRandom(1),
    isSilent: () => false,
    beatSent: nothing,
    beatLost: nothing,
    callFailed: nothing,
  };
}

describe('seeded chance', () => {
  it('repeats, stays in range and is spread', () => {
    const [one, two] = [seededRandom(42), seededRandom(42)];
    const values = Array.from({ length: 10_000 }, () => one());
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(values).toEqual(Array.from({ length: 10_000 }, () => two()));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });

  it.each([0, 1, 4_294_967_295])('makes uuids from the seed %i', (seed) => {
    const random = seededRandom(seed);
    const ids = Array.from({ length: 1_000 }, () => seededUuid(random));
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
      true,
    );
    expect(new Set(ids).size).toBe(1_000);
  });
});
