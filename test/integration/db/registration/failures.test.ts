/** Failures of the database as callers see them, through projector and breaker (registration.md 7 "Errors", "Breaker"). */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createBreaker } from '../../../../db/resilience/breaker.ts';
import { createProjector, type Projector } from '../../../../db/stores/registration/projector.ts';
import { Lifecycle } from './support/lifecycle.ts';
import { type Fleet, openFleet } from './support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

const settings = () => defaultNodeSettings;

async function withProjector<T>(
  url: string,
  statementTimeoutMs: number,
  use: (projector: Projector, database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase(url, { applicationName: 'failure tests', statementTimeoutMs });
  try {
    return await use(createProjector({ database, settings }), database);
  } finally {
    await database.close();
  }
}

describe('failures of the database', () => {
  it('are connection errors when nobody listens', async () => {
    await withProjector('postgres://nobody:hunter2@127.0.0.1:1/nothing', 1_000, async (projector) => {
      const error = await projector.persist(new Lifecycle().introspect()).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'ND009', retryable: true, httpStatus: 503, exitCode: 6 });
      expect(JSON.stringify(error)).not.toContain('hunter2');
    });
  });

  it('are time-outs when a lock is not given in time, and leave nothing behind', async () => {
    const node = await fleet.active();
    const holder = new pg.Client({ connectionString: fleet.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM registration_projections WHERE entity_id = $1 FOR UPDATE', [node.entity_id]);
      await withProjector(fleet.url, 100, async (projector) => {
        await expect(projector.persist(node.copy().changeHealth('degraded'))).rejects.toMatchObject({ code: 'ND010' });
      });
    } finally {
      await holder.end();
    }
    await fleet.apply(node.changeHealth('degraded'));
  });

  it('are connection errors when the server ends the connection in the middle, and the write can be sent again', async () => {
    const node = await fleet.active();
    const write = node.changeHealth('degraded');
    const holder = new pg.Client({ connectionString: fleet.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM registration_projections WHERE entity_id = $1 FOR UPDATE', [node.entity_id]);
      await withProjector(fleet.url, 5_000, async (projector) => {
        const failed = projector.persist(write).then(
          () => null,
          (reason: unknown) => reason,
        );
        await expect
          .poll(() =>
            // Not over the connection that holds the lock: a transaction sees the activity as it was when it first looked.
            fleet.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                          WHERE application_name = 'failure tests' AND wait_event_type = 'Lock'`),
          )
          .toHaveLength(1);
        expect(await failed).toMatchObject({ code: 'ND009' });
        await holder.query('ROLLBACK');
        expect(await projector.persist(write)).toMatchObject({ outcome: 'applied' });
      });
    } finally {
      await holder.end();
    }
  });

  it('never show a statement or a value, but their class', async () => {
    const node = new Lifecycle();
    const write = node.introspect();
    const [step] = write.steps;
    if (step === undefined) throw new Error('no step');
    await expect(
      fleet.projector.persist({ ...write, steps: [{ ...step, event_id: 'secret value' }] }),
    ).rejects.toMatchObject({ code: 'ND012', details: { kind: 'DatabaseError' }, httpStatus: 500, exitCode: 1 });
  });
});

describe('the breaker', () => {
  /** A projector on a port where nobody listens, that a test can point at the real database. */
  function switched() {
    const away = openDatabase('postgres://nobody@127.0.0.1:1/nothing', { applicationName: 'failure tests' });
    const clock = { now: 0 };
    const target = { url: 'away' as 'away' | 'here', calls: 0 };
    const database: Database = {
      get orm() {
        return fleet.database.orm;
      },
      get pool() {
        target.calls += 1;
        return target.url === 'here' ? fleet.database.pool : away.pool;
      },
      close: () => away.close(),
    };
    const changes: string[] = [];
    const breaker = createBreaker({
      name: 'postgres',
      settings: () => ({ threshold: 5, reset_ms: 60_000 }),
      now: () => clock.now,
      observer: { circuitChanged: (dependency, state) => changes.push(`${dependency} ${state}`) },
    });
    return {
      projector: createProjector({ database, settings, breaker }),
      clock,
      target,
      changes,
      breaker,
      close: database.close,
    };
  }

  it('opens after five failures in a row, leaves the database alone, then lets one probe close it', async () => {
    const { projector, clock, target, changes, close } = switched();
    const ask = () => projector.load(randomUUID(), 'registration');
    for (let failure = 0; failure < 5; failure += 1) await expect(ask()).rejects.toMatchObject({ code: 'ND009' });
    const { calls } = target;
    clock.now = 1_500;
    await expect(ask()).rejects.toMatchObject({
      code: 'ND011',
      httpStatus: 503,
      exitCode: 6,
      retryable: true,
      details: { circuit_state: 'open', retry_after_seconds: 59 },
    });
    expect(target.calls).toBe(calls);
    target.url = 'here';
    clock.now = 59_999;
    await expect(ask()).rejects.toMatchObject({ code: 'ND011', details: { retry_after_seconds: 1 } });
    clock.now = 60_000;
    expect(await ask()).toBeNull();
    expect(await ask()).toBeNull();
    expect(changes).toEqual(['postgres open', 'postgres half_open', 'postgres closed']);
    await close();
  });

  it('does not count what the database answered well', async () => {
    const { projector, target, breaker, close } = switched();
    target.url = 'here';
    const node = await fleet.active();
    const introspection = new Lifecycle().introspect();
    await projector.persist(introspection);
    const malformed = await fleet.active();
    await fleet.query(`UPDATE registration_projections SET updated_at = 'infinity' WHERE entity_id = $1`, [
      malformed.entity_id,
    ]);
    for (let call = 0; call < 6; call += 1) {
      await projector.persist(introspection);
      await projector.persistIf({ guard: 'liveness_overdue', epoch: 1, write: node.copy().expire() });
      await expect(projector.load(malformed.entity_id, malformed.domain)).rejects.toMatchObject({ code: 'ND012' });
      await expect(projector.updateHeartbeat(node.entity_id, node.domain, null, null)).rejects.toMatchObject({
        code: 'ND002',
      });
      await expect(projector.compare(node.entity_id, node.domain, { sequence: 1 })).rejects.toMatchObject({
        code: 'ND005',
      });
    }
    expect(breaker.state()).toBe('closed');
    await close();
  });
});
