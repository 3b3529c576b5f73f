import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RegistrationState, registrationStates, transitionKinds } from '../../../../contracts/node/vocabulary.ts';
import { isLegalStep, legalSteps } from '../../../../domain/registration/states.ts';
import { nodeColumns, nodeLivenessColumns } from '../../../../db/stores/registration/projector/row.ts';
import { type Fleet, openFleet } from './support/fleet.ts';
import { Lifecycle } from './support/lifecycle.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

/** Whether Postgres takes a transition; a refusal is told by the name of its constraint. */
async function refusal(kind: string, from: RegistrationState | null, to: RegistrationState): Promise<string | null> {
  const order = kind === 'import' ? [null, null] : [1, 1];
  try {
    await fleet.query(
      `INSERT INTO registration_transitions (entity_id, domain, epoch, version, kind, from_state, to_state, event_id, occurred_at)
       VALUES ($1, 'pairs', $2, $3, $4, $5, $6, $7, now())`,
      [randomUUID(), ...order, kind, from, to, randomUUID()],
    );
    return null;
  } catch (error) {
    return String(Reflect.get(Object(error), 'constraint'));
  }
}

describe('the table of states', () => {
  it('is one: enum, type, table of edges and CHECK agree on every pair of every kind', async () => {
    const labels = await fleet.query<{ label: string }>(
      `SELECT unnest(enum_range(NULL::registration_state))::text AS label`,
    );
    expect(labels.map(({ label }) => label)).toEqual([...registrationStates]);
    expect(registrationStates).toHaveLength(8);

    const pairs = transitionKinds.flatMap((kind) =>
      [null, ...registrationStates].flatMap((from) => registrationStates.map((to) => ({ kind, from, to }))),
    );
    const judged = await Promise.all(
      pairs.map(async (pair) => ({ ...pair, refusal: await refusal(pair.kind, pair.from, pair.to) })),
    );
    expect(judged.filter(({ refusal }) => refusal === null).map(({ kind, from, to }) => ({ kind, from, to }))).toEqual(
      legalSteps(),
    );
    const refused = judged.filter(({ refusal }) => refusal !== null);
    expect(new Set(refused.map(({ refusal }) => refusal))).toEqual(new Set(['registration_transitions_pair_legal']));
    expect(refused).toHaveLength(pairs.length - legalSteps().length);
  });

  it('is kept by the projector as well: no illegal pair of any kind is written', async () => {
    const illegal = transitionKinds
      .filter((kind) => kind !== 'import')
      .flatMap((kind) =>
        [null, ...registrationStates].flatMap((from) => registrationStates.map((to) => ({ kind, from, to }))),
      )
      .filter(({ kind, from, to }) => !isLegalStep(kind, from, to));
    expect(illegal.length).toBeGreaterThan(200);
    for (const { kind, from, to } of illegal) {
      const node = new Lifecycle();
      node.epoch = 1;
      node.state = from;
      const write = node.write([{ kind, to, event: null }]);
      await expect(fleet.projector.persist(write), `${kind}: ${String(from)} to ${to}`).rejects.toMatchObject({
        code: 'ND007',
      });
      expect(await fleet.row(node)).toBeNull();
    }
  });
});

describe('writes that cannot be', () => {
  const impossible: [string, (node: Lifecycle) => unknown][] = [
    ['no steps', (node) => ({ ...node.introspect(), steps: [] })],
    [
      'five steps',
      (node) => {
        const write = node.introspect();
        return { ...write, steps: Array.from({ length: 5 }, () => write.steps[0]) };
      },
    ],
    [
      'a version that is skipped',
      (node) => {
        node.introspect();
        const { steps, ...write } = node.offer();
        return {
          ...write,
          steps: steps.map((step, index) => ({ ...step, ordering: { epoch: 1, version: 2 + 2 * index } })),
        };
      },
    ],
    [
      'a row that is not where its last step leads',
      (node) => {
        const write = node.introspect();
        return { ...write, row: { ...write.row, version: 2 } };
      },
    ],
    [
      'an epoch that starts in the middle',
      (node) => {
        const { steps, ...write } = node.introspect();
        return {
          ...write,
          row: { ...write.row, version: 3 },
          steps: steps.map((step) => ({ ...step, ordering: { epoch: 1, version: 3 } })),
        };
      },
    ],
    [
      'epoch 0',
      (node) => {
        const { steps, ...write } = node.introspect();
        return {
          ...write,
          row: { ...write.row, epoch: 0 },
          steps: steps.map((step) => ({ ...step, ordering: { epoch: 0, version: 1 } })),
        };
      },
    ],
    [
      'the ordering of a feed',
      (node) => {
        const { steps, ...write } = node.introspect();
        return { ...write, steps: steps.map((step) => ({ ...step, ordering: { sequence: 1 } })) };
      },
    ],
  ];

  it.each(impossible)('are refused before the database is asked: %s', async (_what, spoil) => {
    const node = new Lifecycle();
    const write = spoil(node) as Parameters<typeof fleet.projector.persist>[0];
    await expect(fleet.projector.persist(write)).rejects.toMatchObject({ code: 'ND001' });
    expect(await fleet.row(node)).toBeNull();
  });
});

describe('registration_projections', () => {
  const insert = (columns: Readonly<Record<string, unknown>>) => {
    const row = {
      entity_id: randomUUID(),
      current_state: 'pending_registration',
      state_entered_at: 'now',
      node_type: 'effect',
      last_applied_event_id: randomUUID(),
      registered_at: 'now',
      updated_at: 'now',
      ...columns,
    };
    const names = Object.keys(row);
    return fleet.query(
      `INSERT INTO registration_projections (${names.join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
      Object.values(row),
    );
  };

  it('fills what is left out', async () => {
    const entity_id = randomUUID();
    await insert({ entity_id });
    expect(await fleet.row({ entity_id, domain: 'registration' })).toMatchObject({
      domain: 'registration',
      node_version: '1.0.0',
      capabilities: {},
      capability_tags: [],
      subscribe_topics: [],
      path: 'gateway',
      epoch: 0,
      version: 0,
      attempt_number: 0,
      flap_count: 0,
      ordering_mode: 'workflow',
      last_applied_sequence: null,
      last_applied_offset: 0,
      data_provenance: 'unknown',
    });
  });

  it.each([
    ['an empty domain', { domain: '' }, 'domain_given'],
    ['an unknown type', { node_type: 'toaster' }, 'node_type_known'],
    ['an unknown contract type', { contract_type: 'verbal' }, 'contract_type_known'],
    ['an unknown path', { path: 'pigeon' }, 'path_known'],
    ['a negative epoch', { epoch: -1 }, 'epoch_not_negative'],
    ['a negative version', { version: -1 }, 'version_not_negative'],
    ['a negative sequence', { last_applied_sequence: -1 }, 'sequence_not_negative'],
    ['a negative offset', { last_applied_offset: -1 }, 'offset_not_negative'],
    ['an unknown status', { reported_status: 'sleepy' }, 'reported_status_known'],
    ['an empty reason', { rejection_reason: '' }, 'rejection_reason_length'],
    ['an endless reason', { rejection_reason: 'x'.repeat(1025) }, 'rejection_reason_length'],
    ['an unknown end', { expiry_reason: 'boredom' }, 'expiry_reason_known'],
    ['an unknown order', { ordering_mode: 'alphabetical' }, 'ordering_mode_known'],
    ['an unknown origin', { data_provenance: 'hearsay' }, 'provenance_known'],
    ['an offer without a deadline', { current_state: 'accepted' }, 'ack_is_watched'],
    ['an open offer without a deadline', { current_state: 'awaiting_ack' }, 'ack_is_watched'],
    ['a life without a deadline', { current_state: 'active' }, 'liveness_is_watched'],
    ['a time-out without marker', { current_state: 'ack_timed_out' }, 'ack_timeout_is_marked'],
    ['an expiry without marker', { current_state: 'liveness_expired', expiry_reason: 'operator' }, 'expiry_is_marked'],
    [
      'an expiry without reason',
      { current_state: 'liveness_expired', liveness_timeout_emitted_at: 'now' },
      'expiry_is_marked',
    ],
    ['a refusal without reason', { current_state: 'rejected' }, 'rejection_has_reason'],
  ])('refuses %s', async (_what, columns, constraint) => {
    await expect(insert(columns)).rejects.toMatchObject({ constraint: `registration_projections_${constraint}` });
  });

  it.each(['accepted', 'active', 'ack_timed_out', 'liveness_expired', 'rejected'])(
    'lets a feed skip what a workflow must say: %s',
    async (current_state) => {
      await expect(insert({ current_state, ordering_mode: 'sequence' })).resolves.toBeDefined();
    },
  );

  it('takes the limits themselves, a domain of 128 characters, and one entity in two domains', async () => {
    const entity_id = randomUUID();
    await insert({ entity_id, domain: 'd'.repeat(128), current_state: 'rejected', rejection_reason: 'x'.repeat(1024) });
    await insert({ entity_id, domain: 'other' });
    await expect(insert({ entity_id, domain: 'other' })).rejects.toMatchObject({
      constraint: 'registration_projections_pkey',
    });
    await expect(insert({ domain: 'd'.repeat(129) })).rejects.toMatchObject({ code: '22001' });
  });

  it('has the columns that are served, and no others', async () => {
    const columnsOf = async (table: string) =>
      (
        await fleet.query<{ name: string }>(
          'SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1',
          [table],
        )
      ).map(({ name }) => name);
    expect((await columnsOf('registration_projections')).sort()).toEqual([...nodeColumns].sort());
    expect((await columnsOf('node_liveness')).sort()).toEqual([...nodeLivenessColumns].sort());
  });
});

describe('registration_transitions', () => {
  const entity = randomUUID();
  const insert = (columns: Readonly<Record<string, unknown>>) => {
    const row = {
      kind: 'refresh',
      from_state: 'active',
      to_state: 'active',
      epoch: 1,
      version: 1,
      event_id: randomUUID(),
      cause_id: null,
      ...columns,
    };
    return fleet.query(
      `INSERT INTO registration_transitions (entity_id, domain, kind, from_state, to_state, epoch, version, event_id, cause_id, occurred_at)
       VALUES ($1, 'keys', $2, $3, $4, $5, $6, $7, $8, now())`,
      [entity, row.kind, row.from_state, row.to_state, row.epoch, row.version, row.event_id, row.cause_id],
    );
  };

  it('decides idempotency for good: one event, one order and one cause per state', async () => {
    const [event_id, cause_id] = [randomUUID(), randomUUID()];
    await insert({ event_id, cause_id });
    await expect(insert({ event_id, version: 2 })).rejects.toMatchObject({
      constraint: 'registration_transitions_event',
    });
    await expect(insert({})).rejects.toMatchObject({ constraint: 'registration_transitions_order' });
    await expect(insert({ cause_id, version: 2 })).rejects.toMatchObject({
      constraint: 'registration_transitions_cause',
    });
    await insert({ cause_id, version: 2, kind: 'edge', to_state: 'liveness_expired' });
  });

  it('lets imports repeat a cause and have no order', async () => {
    const cause_id = randomUUID();
    await insert({ kind: 'import', epoch: null, version: null, cause_id });
    await insert({ kind: 'import', epoch: null, version: null, cause_id });
    await expect(insert({ kind: 'import', version: null })).rejects.toMatchObject({
      constraint: 'registration_transitions_is_ordered',
    });
    await expect(insert({ epoch: null })).rejects.toMatchObject({ constraint: 'registration_transitions_is_ordered' });
    await expect(insert({ version: 0 })).rejects.toMatchObject({ constraint: 'registration_transitions_is_ordered' });
  });
});

describe('node_liveness', () => {
  it('keeps half of each page free and has the primary key alone, so a beat touches no index', async () => {
    const node = await fleet.active();
    const [before] = await fleet.query<{ hot: number }>(hotUpdates);
    for (let beat = 0; beat < 20; beat += 1) await fleet.beat(node);
    const [indexes] = await fleet.query<{ count: number; options: string[] }>(
      `SELECT count(*)::int AS count, max(c.reloptions) AS options FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relname = 'node_liveness' GROUP BY c.oid`,
    );
    expect(indexes).toEqual({ count: 1, options: ['fillfactor=50'] });
    await expect
      .poll(async () => Number((await fleet.query<{ hot: number }>(hotUpdates))[0]?.hot) - Number(before?.hot), {
        timeout: 5_000,
      })
      .toBeGreaterThanOrEqual(20);
  });
});

const hotUpdates = `SELECT pg_stat_force_next_flush(),
  (SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'node_liveness')::int AS hot`;

describe('incidents', () => {
  it('are open once per kind', async () => {
    const open = (kind: string) =>
      fleet.query('INSERT INTO incidents (kind, monitored_count, affected_count) VALUES ($1, 10, 5) RETURNING id', [
        kind,
      ]);
    await open('node_mass_silence');
    await expect(open('node_mass_silence')).rejects.toMatchObject({ constraint: 'incidents_one_open' });
    await open('other');
    await fleet.query('UPDATE incidents SET closed_at = now()');
    await open('node_mass_silence');
    await fleet.query('DELETE FROM incidents');
  });
});
