/** The commands that read nodes, straight on Postgres: no gateway and no Temporal runs here. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../cli/run.ts';
import { registrationStates } from '../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../db/client.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { memoryIo } from '../../unit/cli/support/memory-io.ts';
import { insertNodes, nodeSeed, type SeededNode, setPath } from '../db/registration-reader/seed.ts';

let test: TestDatabase;
let database: Database;
let home: string;
beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase(test.url, { applicationName: 'test' });
  home = mkdtempSync(path.join(tmpdir(), 'omnibase-nodes-'));
});
afterAll(async () => {
  await database.close();
  await test.drop();
  rmSync(home, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  line: readonly string[],
  options: { readonly terminal?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    OMNIBASE_HOME: home,
    OMNIBASE_DATABASE_URL: test.url,
    NO_COLOR: '1',
    ...options.env,
  };
  const terminal = options.terminal === undefined ? {} : { terminal: options.terminal };
  const io = memoryIo({ cwd: home, env, ...terminal });
  const code = await runCommandLine(['node', ...line], io);
  return { code, out: io.out(), err: io.err() };
}

const json = async (line: readonly string[]) => {
  const { code, out, err } = await run(line);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Record<string, unknown>;
};
const idsOf = (page: Record<string, unknown>) => (page['items'] as { entity_id: string }[]).map((row) => row.entity_id);

/** A domain of its own, so that tests do not see each other's nodes. */
function domain(): string {
  return `test-${randomUUID().slice(0, 8)}`;
}

async function seed(nodes: readonly Parameters<typeof nodeSeed>[0][]): Promise<readonly SeededNode[]> {
  const made = nodes.map((node) => nodeSeed(node));
  await insertNodes(database, made);
  return made;
}

describe('node ls', () => {
  it('lists what matches all conditions', async () => {
    const inDomain = domain();
    const tags = { capability_tags: ['gpu', 'mail'], intent_types: ['mail.send'], protocols: ['EventBus'] };
    const [active, other] = await seed([
      { domain: inDomain, ...tags, publish_topics: ['orders'] },
      { domain: inDomain, node_type: 'compute', capability_tags: ['gpu'], current_state: 'awaiting_ack' },
    ]);
    const both = [active?.row.entity_id ?? '', other?.row.entity_id ?? ''].sort();
    const ls = async (...line: string[]) => idsOf(await json(['ls', '--domain', inDomain, ...line])).sort();
    expect(await ls()).toEqual(both);
    expect(await ls('--tag', 'gpu')).toEqual(both);
    for (const line of [
      ['--state', 'active'],
      ['--type', 'effect'],
      ['--tag', 'mail'],
      ['--tag', 'gpu', '--tag', 'mail'],
      ['--any-tag', 'mail', '--any-tag', 'none'],
      ['--intent', 'mail.send'],
      ['--intent', 'mail.send', '--intent', 'mail.read'],
      ['--protocol', 'EventBus'],
      ['--topic', 'orders'],
      ['--tag', 'gpu', '--state', 'active'],
    ])
      expect(await ls(...line), line.join(' ')).toEqual([active?.row.entity_id]);
    expect(await ls('--state', 'active,awaiting_ack')).toEqual(both);
    expect(await ls('--state', 'active', '--state', 'awaiting_ack')).toEqual(both);
    expect(await ls('--tag', 'GPU')).toEqual([]);
  });

  it('is 0 and says so when nothing matches', async () => {
    const { code, out, err } = await run(['ls', '--domain', domain()], { terminal: 120 });
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'no nodes match\n' });
  });

  it('shows a table on a terminal', async () => {
    const inDomain = domain();
    const [node] = await seed([{ domain: inDomain, node_name: 'mailer', current_state: 'liveness_expired', epoch: 3 }]);
    const { out } = await run(['ls', '--domain', inDomain], { terminal: 160 });
    expect(out).toBe(
      [
        'NAME    STATE             EPOCH  LAST BEAT  DEADLINE  TYPE    VERSION  ID',
        `mailer  liveness_expired      3          -  -         effect  1.0.0    ${node?.row.entity_id ?? ''}`,
        '',
      ].join('\n'),
    );
  });

  it('pages, one node at a time, and tells how to go on', async () => {
    const inDomain = domain();
    const nodes = await seed([{ domain: inDomain }, { domain: inDomain }, { domain: inDomain }]);
    const seen: string[] = [];
    let cursor: string[] = [];
    for (let page = 0; page < 3; page += 1) {
      const answer = await json(['ls', '--domain', inDomain, '--limit', '1', ...cursor]);
      seen.push(...idsOf(answer));
      expect(answer['has_more']).toBe(page < 2);
      cursor = ['--cursor', String(answer['next_cursor'])];
    }
    expect(seen.sort()).toEqual(nodes.map(({ row }) => row.entity_id).sort());
    const { err } = await run(['ls', '--domain', inDomain, '--limit', '1'], { terminal: 100 });
    expect(err).toMatch(/^there is more: --cursor \S+\n$/);
  });

  it('prints one row per line as jsonl', async () => {
    const inDomain = domain();
    await seed([{ domain: inDomain }, { domain: inDomain }]);
    const { out } = await run(['ls', '--domain', inDomain, '--format', 'jsonl']);
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map((row) => row['domain'])).toEqual([inDomain, inDomain]);
  });

  it('counts all eight states', async () => {
    const inDomain = domain();
    await seed([{ domain: inDomain }, { domain: inDomain }, { domain: inDomain, current_state: 'rejected' }]);
    const counts = await json(['ls', '--domain', inDomain, '--counts']);
    expect(counts).toEqual({
      schema_version: 1,
      ...Object.fromEntries(registrationStates.map((state) => [state, 0])),
      active: 2,
      rejected: 1,
      total: 3,
    });
  });

  it('finds what is past its effective deadline', async () => {
    const inDomain = domain();
    const long = new Date(Date.now() - 600_000).toISOString();
    const times = { state_entered_at: long, liveness_deadline: long, last_heartbeat_at: long };
    const [silent] = await seed([
      { domain: inDomain, ...times, live: { state_entered_at: long, last_heartbeat_at: long } },
      { domain: inDomain },
    ]);
    await setPath(database, 'ingest', { upForMs: 3_600_000, seenAgoMs: 0 });
    expect(idsOf(await json(['ls', '--domain', inDomain, '--overdue']))).toEqual([silent?.row.entity_id]);
  });

  it('tells a row that cannot be read and lists the others', async () => {
    const inDomain = domain();
    const [good, bad] = await seed([{ domain: inDomain }, { domain: inDomain }]);
    await database.pool.query("UPDATE registration_projections SET endpoints = '[]' WHERE entity_id = $1", [
      bad?.row.entity_id,
    ]);
    const { code, out, err } = await run(['ls', '--domain', inDomain]);
    expect(code).toBe(0);
    expect(idsOf(JSON.parse(out) as Record<string, unknown>)).toEqual([good?.row.entity_id]);
    expect(err).toMatch(/^warning: the row of node .* cannot be read: endpoints is not what it should be\n$/);
  });

  it('looks into all domains when told', async () => {
    const [one, two] = [domain(), domain()];
    const tag = `tag-${one}`;
    await seed([
      { domain: one, capability_tags: [tag] },
      { domain: two, capability_tags: [tag] },
    ]);
    const rows = (await json(['ls', '--domain', '*', '--tag', tag]))['items'] as { domain: string }[];
    expect(rows.map((row) => row.domain).sort()).toEqual([one, two].sort());
  });
});

describe('node get', () => {
  it('prints the row flat, its telemetry and its transitions', async () => {
    const [node] = await seed([{ node_name: 'mailer', live: { uptime_seconds: 12, beats_since_active: 3 } }]);
    const id = node?.row.entity_id ?? '';
    await database.pool.query(
      `INSERT INTO registration_transitions
         (entity_id, domain, epoch, version, kind, from_state, to_state, event_id, actor, occurred_at)
       VALUES ($1, 'registration', 1, 1, 'epoch_start', NULL, 'pending_registration', gen_random_uuid(), 'node:x', now()),
              ($1, 'registration', 1, 2, 'edge', 'pending_registration', 'accepted', gen_random_uuid(), 'system:policy', now())`,
      [id],
    );
    const document = await json(['get', id, '--transitions']);
    expect(document).toMatchObject({
      schema_version: 1,
      entity_id: id,
      current_state: 'active',
      epoch: 1,
      live: { uptime_seconds: 12, beats_since_active: 3 },
    });
    const steps = document['transitions'] as { version: number }[];
    expect(steps.map(({ version }) => version)).toEqual([2, 1]);
    expect(await json(['get', id])).not.toHaveProperty('transitions');
    const { out } = await run(['get', id.toUpperCase(), '--transitions'], { terminal: 120 });
    expect(out).toContain('node:       mailer\n');
    expect(out).toMatch(/1\.2 {2}edge +pending_registration {2}accepted/);
  });

  it('is 3 for a node nobody knows, or not in this domain', async () => {
    const [node] = await seed([{}]);
    for (const line of [
      ['get', randomUUID()],
      ['get', randomUUID(), '--transitions'],
      ['get', node?.row.entity_id ?? '', '--domain', 'elsewhere'],
    ]) {
      const { code, out, err } = await run(line);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(err).toMatch(/^NodeNotFound \[ND003\] no node .* is known in domain .*\nnext: run `omnibase node ls/);
    }
  });

  it('tells a row that cannot be read as a failure of its own', async () => {
    const [bad] = await seed([{}]);
    await database.pool.query("UPDATE registration_projections SET endpoints = '[]' WHERE entity_id = $1", [
      bad?.row.entity_id,
    ]);
    expect(await run(['get', bad?.row.entity_id ?? ''])).toMatchObject({ code: 1, out: '' });
  });
});

describe('node select', () => {
  it('prints one node, and takes turns by key', async () => {
    const inDomain = domain();
    const nodes = await seed([
      { domain: inDomain, intent_types: ['a.b'] },
      { domain: inDomain, intent_types: ['a.b'] },
      { domain: inDomain, intent_types: ['a.b'], current_state: 'rejected' },
    ]);
    const ids = nodes.slice(0, 2).map(({ row }) => row.entity_id);
    const pick = async (...line: string[]) => {
      const answer = await json(['select', '--domain', inDomain, '--intent', 'a.b', ...line]);
      expect(answer).toMatchObject({ schema_version: 1, candidates: 2 });
      return (answer['node'] as { entity_id: string }).entity_id;
    };
    expect(await pick()).toBe(ids.toSorted()[0]);
    const turns = [
      await pick('--strategy', 'round_robin', '--key', inDomain),
      await pick('--strategy', 'round_robin', '--key', inDomain),
      await pick('--strategy', 'round_robin', '--key', inDomain),
    ];
    expect(turns.slice(0, 2).sort()).toEqual(ids.sort());
    expect(turns[2]).toBe(turns[0]);
  });

  it('is 3 when there is none', async () => {
    const { code, out, err } = await run(['select', '--tag', `none-${domain()}`]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('NoCandidate [ND004] no active node offers what was asked for');
  });

  it.each([[[]], [['--tag', 'a', '--intent', 'b']], [['--tag', 'a', '--strategy', 'best']]])(
    'is 2 for %j, without asking anybody',
    async (line) => {
      const { code, out, err } = await run(['select', ...line], {
        env: { OMNIBASE_DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      });
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^UsageError \[OB002\] .*\nnext: .*\n$/);
    },
  );
});

describe('node watch', () => {
  let published = 0;
  /** As the relay leaves it: numbered, and the counter moved on. */
  async function publish(changes: {
    type?: string;
    domain?: string | null;
    to_state?: string;
    id?: string;
  }): Promise<string> {
    const { type = 'node.became_active', to_state = 'active', id = randomUUID() } = changes;
    const inDomain = changes.domain === undefined ? 'registration' : changes.domain;
    const eventId = randomUUID();
    const payload = {
      event_id: eventId,
      type,
      to_state,
      epoch: 1,
      version: 1,
      occurred_at: new Date().toISOString(),
      payload: {},
    };
    published += 1;
    await database.pool.query(
      `WITH counted AS (UPDATE outbox_state SET last_pub_seq = last_pub_seq + 1 RETURNING last_pub_seq)
       INSERT INTO outbox (class, topic, type, event_id, subject_kind, subject_id, domain, payload, pub_seq, published_at)
       SELECT 'event', 'nodes', $1, $2, 'node', $3, $4, $5, last_pub_seq, now() FROM counted`,
      [type, eventId, id, inDomain, JSON.stringify(payload)],
    );
    return eventId;
  }

  it('begins where it is told, filters, and ends after so many events', async () => {
    const id = randomUUID();
    const inDomain = domain();
    const wanted = [
      await publish({ id, domain: inDomain }),
      await publish({ id, domain: inDomain, type: 'node.liveness_expired', to_state: 'liveness_expired' }),
    ];
    await publish({ domain: 'elsewhere' });
    await publish({ domain: null, type: 'stage_run.state_changed' });
    const incident = await publish({ domain: null, type: 'fleet.incident_opened' });
    const watch = async (count: number, ...line: string[]) => {
      const { code, out } = await run(['watch', ...line, '--count', String(count), '--timeout', '10s', '--json']);
      expect(code).toBe(0);
      return out
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as { event_id: string; pub_seq: string });
    };
    const all = await watch(3, '--domain', inDomain, '--since', '0');
    expect(all.map(({ event_id }) => event_id)).toEqual([...wanted, incident]);
    const [first] = all;
    expect((await watch(1, id, '--domain', inDomain, '--since', first?.pub_seq ?? ''))[0]?.event_id).toBe(wanted[1]);
    expect((await watch(1, id, '--domain', '*', '--since', '0'))[0]?.event_id).toBe(wanted[0]);
    const [died] = await watch(1, '--domain', inDomain, '--since', '0', '--state', 'liveness_expired');
    expect(died?.event_id).toBe(wanted[1]);
  });

  it('follows what happens from now on, one line each', async () => {
    const inDomain = domain();
    await publish({ domain: inDomain });
    const id = randomUUID();
    const watching = run(['watch', '--domain', inDomain, '--count', '1', '--timeout', '20s', '--format', 'human']);
    const ticking = setInterval(() => void publish({ domain: inDomain, id }), 200);
    const { code, out, err } = await watching.finally(() => clearInterval(ticking));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^ +\\d+ {2}\\S+Z {2}node\\.became_active {2}active {2}${id} {2}epoch 1\\.1\\n$`));
    expect(published).toBeGreaterThan(0);
  });

  it('is 124 when the time is up', async () => {
    const { code, err } = await run(['watch', '--domain', domain(), '--timeout', '300ms']);
    expect(code).toBe(124);
    expect(err).toContain('DeadlineExceededError [OB016] the time of --timeout is up after 300 ms');
  });

  it('is 2 when events to resume after are gone, or never were', async () => {
    expect(await run(['watch', '--since', '999999999', '--timeout', '10s'])).toMatchObject({ code: 2, out: '' });
    for (const since of ['-1', 'x', '1.5', ''])
      expect((await run(['watch', `--since=${since}`])).err, since).toMatch(/^UsageError \[OB002\] --since takes/);
  });
});

describe('a database that does not answer', () => {
  it('is 6 and named', async () => {
    for (const line of [['ls'], ['ls', '--counts'], ['get', randomUUID()], ['select', '--tag', 'a'], ['watch']]) {
      const { code, out, err } = await run(line, { env: { OMNIBASE_DATABASE_URL: 'postgres://127.0.0.1:1/none' } });
      expect({ code, out }, line.join(' ')).toEqual({ code: 6, out: '' });
      expect(err).toContain('DatabaseConnectionError [ND009] Postgres is not reachable');
    }
  });

  it('is 124 when it answers too late', async () => {
    const blocker = await database.pool.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE registration_projections IN ACCESS EXCLUSIVE MODE');
      for (const line of [['ls'], ['ls', '--counts'], ['get', randomUUID()]]) {
        const { code, err } = await run([...line, '--timeout', '200ms']);
        expect(code, line.join(' ')).toBe(124);
        expect(err).toContain('DeadlineExceededError [OB016]');
      }
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
  });

  it('is 2 when it was never migrated', async () => {
    const empty = await createEmptyDatabase();
    try {
      for (const line of [['ls'], ['get', randomUUID()], ['watch']]) {
        const { code, err } = await run(line, { env: { OMNIBASE_DATABASE_URL: empty.url } });
        expect(code, line.join(' ')).toBe(2);
        expect(err).toContain('SchemaMismatch [ND015]');
      }
    } finally {
      await empty.drop();
    }
  });
});
