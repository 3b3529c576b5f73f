import { describe, expect, it } from 'vitest';
import { readComponent, stampComponent } from '../../../../db/stores/liveness/liveness.ts';
import { projectStageState } from '../../../../db/stores/stages/projection.ts';
import { projection, rowsOf, useDatabase } from './fixtures.ts';

const current = useDatabase();

async function age(instance: string, seconds: number): Promise<void> {
  await rowsOf(
    current(),
    `UPDATE component_liveness SET last_seen_at = now() - $2 * interval '1 second', up_since = now() - interval '1 hour' WHERE instance = $1`,
    [instance, seconds],
  );
}

describe('liveness', () => {
  it('is unknown before the first stamp and fresh after it', async () => {
    const host = { component: 'host', instance: 'a' };
    expect(await readComponent(current(), host)).toBeNull();
    await stampComponent(current(), host, { starting: true });
    const seen = await readComponent(current(), host);
    expect(seen?.age_ms).toBeLessThan(5000);
    expect(seen?.up_since).toBe(seen?.last_seen_at);
    expect(await readComponent(current(), { component: 'control', instance: 'a' })).toBeNull();
  });

  it.each<[string, number, boolean, boolean]>([
    ['seen lately', 5, false, true],
    ['seen just before the limit', 19, false, true],
    ['away', 21, false, false],
    ['restarted', 5, true, false],
  ])('%s', async (instance, seconds, starting, staysUp) => {
    const host = { component: 'host', instance };
    await stampComponent(current(), host);
    await age(instance, seconds);
    expect((await readComponent(current(), host))?.age_ms).toBeGreaterThanOrEqual(seconds * 1000 - 1);
    const before = await readComponent(current(), host);
    await stampComponent(current(), host, { starting });
    const after = await readComponent(current(), host);
    expect(after?.up_since === before?.up_since).toBe(staysUp);
    expect(after?.age_ms).toBeLessThan(5000);
  });

  it('takes stamps from many at once', async () => {
    const host = { component: 'host', instance: 'crowd' };
    await Promise.all(Array.from({ length: 20 }, () => stampComponent(current(), host)));
    expect((await readComponent(current(), host))?.age_ms).toBeLessThan(5000);
  });
});

describe('the outbox', () => {
  it('gives events ids that sort by time', async () => {
    for (let count = 0; count < 5; count += 1) await projectStageState(current(), projection());
    const rows = await rowsOf(current(), 'SELECT event_id FROM outbox ORDER BY id');
    const prefixes = rows.map(({ event_id }) => String(event_id).slice(0, 13));
    expect(prefixes).toEqual(prefixes.toSorted());
    const [newest] = prefixes.slice(-1);
    const made = Number.parseInt((newest ?? '').replace('-', ''), 16);
    expect(Math.abs(Date.now() - made)).toBeLessThan(60_000);
  });
});
