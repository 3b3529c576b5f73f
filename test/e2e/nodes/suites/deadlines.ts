/**
 * How soon deadlines are acted on, by the clock of the database: within a second in precise mode, within one sweep in
 * fleet mode. What a node says of its own time moves nothing.
 */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { waitFor } from '../../../support/cli.ts';
import { type NodeStack, shortSettings } from '../support/node-stack.ts';

/** Of one node of each kind; all of them together stay below what counts as a mass silence. */
const groups = 3;
/** Clocks of nodes: right, a day behind, a day ahead, at the end of time, at its beginning. */
const clocks = [
  () => new Date().toISOString(),
  () => new Date(Date.now() - 86_400_000).toISOString(),
  () => new Date(Date.now() + 86_400_000).toISOString(),
  () => '9999-12-31T23:59:59Z',
  () => '1970-01-01T00:00:00+14:00',
] as const;

interface Acted {
  readonly type: string;
  readonly heard: string;
  readonly lag_ms: number;
  /** From the last thing heard of the node to the deadline. */
  readonly wait_ms: number;
}

/**
 * @param stack the stack, once it is up; it has the short settings
 * @param mostMs after a deadline, by the clock of the database
 */
export function deadlines(stack: () => NodeStack, mostMs: number): void {
  it(`every deadline is acted on within ${mostMs} ms, whatever a node says of its own time`, async () => {
    const domain = `deadlines-${randomUUID().slice(0, 8)}`;
    const say = speaker(stack(), domain);
    // One group after the other, so that their deadlines fall into different moments of a sweep.
    for (let group = 0; group < groups; group += 1) {
      const [unacknowledged, unheard, silent] = [randomUUID(), randomUUID(), randomUUID()];
      await Promise.all([unacknowledged, unheard, silent].map((id, index) => say.announce(id, clockOf(group + index))));
      await Promise.all([unheard, silent].map((id) => say.acknowledge(id, clockOf(3))));
      await say.beat(silent, clockOf(group + 3));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const acted = await waitFor('every deadline', async () => {
      const found = await actedOn(stack(), domain);
      return found.length >= groups * 3 ? found : undefined;
    });

    const kinds = Map.groupBy(acted, ({ type, heard, wait_ms }) => `${type} ${wait_ms} ms after ${heard}`);
    expect(Object.fromEntries([...kinds].map(([kind, found]) => [kind, found.length]))).toEqual({
      [`node.registration.ack_timed_out ${shortSettings['registration.ack_timeout_ms']} ms after a step`]: groups,
      [`node.liveness_expired ${shortSettings['registration.first_liveness_ms']} ms after a step`]: groups,
      [`node.liveness_expired ${shortSettings['registration.liveness_window_ms']} ms after a beat`]: groups,
    });
    expect(Math.min(...acted.map(({ lag_ms }) => lag_ms))).toBeGreaterThan(0);
    expect(Math.max(...acted.map(({ lag_ms }) => lag_ms))).toBeLessThanOrEqual(mostMs);
  });
}

const clockOf = (index: number) => clocks[index % clocks.length] ?? clocks[0];

function speaker({ socket }: NodeStack, domain: string) {
  const say = (path: string, body: object) =>
    socket.call('POST', `/api/v1/nodes${path}`, { body: { domain, ...body } });
  return {
    async announce(id: string, clock: () => string) {
      const answer = await say('', { node_id: id, node_type: 'effect', timestamp: clock() });
      expect(answer).toMatchObject({ status: 201 });
    },
    async acknowledge(id: string, clock: () => string) {
      const { body } = await say(`/${id}/ack`, { timestamp: clock() });
      expect(body).toMatchObject({ result: 'activated' });
    },
    async beat(id: string, clock: () => string) {
      const { body } = await say(`/${id}/heartbeat`, { timestamp: clock(), uptime_seconds: 1 });
      expect(body).toMatchObject({ result: 'accepted' });
    },
  };
}

/** Every step that time caused in the first epoch of each node, beside what was heard of the node before. */
async function actedOn({ database }: NodeStack, domain: string): Promise<readonly Acted[]> {
  const { rows } = await database.query<Acted>(
    `select o.type, case when l.last_heartbeat_at is null then 'a step' else 'a beat' end as heard,
            (extract(epoch from t.occurred_at - t.deadline_at) * 1000)::int as lag_ms,
            (extract(epoch from t.deadline_at - coalesce(l.last_heartbeat_at, before.occurred_at)) * 1000)::int as wait_ms
       from registration_transitions t
       join outbox o on o.event_id = t.event_id
       left join node_liveness l on l.entity_id = t.entity_id and l.domain = t.domain and l.epoch = t.epoch
       join registration_transitions before
         on before.entity_id = t.entity_id and before.domain = t.domain
        and before.epoch = t.epoch and before.version = t.version - 1
      where t.domain = $1 and t.epoch = 1 and t.to_state in ('ack_timed_out', 'liveness_expired')
      order by t.id`,
    [domain],
  );
  return rows;
}
