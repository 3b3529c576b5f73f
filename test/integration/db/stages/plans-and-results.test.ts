import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadPlan, storePlan } from '../../../../db/stores/stages/plans.ts';
import {
  loadResults,
  loadStepResults,
  missingComponents,
  storeResult,
  storeResults,
} from '../../../../db/stores/stages/results.ts';
import { writtenEvents } from '../outbox/fixtures.ts';
import { entry, finding, plan, record } from '../../../unit/domain/stage/builders.ts';
import { stepResult, useDatabase } from './fixtures.ts';

const current = useDatabase();

const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe('a plan', () => {
  const first = plan([record('json')]);
  const second = plan([record('json')], { entries: [entry('other.json')] });

  it('is stored once and read back as it was', async () => {
    const run = randomUUID();
    expect(await loadPlan(current(), run)).toBeNull();
    expect(await storePlan(current(), run, first)).toEqual({ stored: true, plan_hash: first.plan_hash });
    expect(JSON.stringify(await loadPlan(current(), run))).toBe(JSON.stringify(first));
  });

  it('stays when planning is repeated with another outcome', async () => {
    const run = randomUUID();
    await storePlan(current(), run, first);
    expect(await storePlan(current(), run, second)).toEqual({ stored: false, plan_hash: first.plan_hash });
    expect(await loadPlan(current(), run)).toEqual(first);
  });

  it('is one for all who plan at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const run = randomUUID();
      const stored = await Promise.all(
        Array.from({ length: 8 }, (_, index) => storePlan(current(), run, index % 2 === 0 ? first : second)),
      );
      expect(stored.filter((outcome) => outcome.stored)).toHaveLength(1);
      expect(new Set(stored.map((outcome) => outcome.plan_hash))).toEqual(
        new Set([(await loadPlan(current(), run))?.plan_hash]),
      );
    }
  });

  it('may have ten thousand entries with any name', async () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => entry(`dir/${index}\n'"\\\u{1F600}\u0001`));
    const large = plan([record('json')], { entries });
    const run = randomUUID();
    await storePlan(current(), run, large);
    expect(await loadPlan(current(), run)).toEqual(large);
  });
});

describe('results', () => {
  it('are stored with one event each and read back as they were', async () => {
    const run = randomUUID();
    const uuids = [randomUUID(), randomUUID()].sort();
    const results = uuids.map((uuid) => stepResult(uuid, { findings: [finding()], output: { b: 1, a: [null] } }));
    expect((await storeResults(current(), run, results)).toSorted()).toEqual(uuids);
    expect(JSON.stringify(await loadResults(current(), run))).toBe(JSON.stringify(results));
    const events = await writtenEvents(current(), { kind: 'stage_run', id: run });
    expect(
      events
        .map(({ type, seq, payload }) => [type, seq, payload['component_uuid'], payload['status']])
        .toSorted(byText),
    ).toEqual(uuids.map((uuid) => ['stage_run.component_finished', null, uuid, 'fail']));
  });

  it('stay as they were first', async () => {
    const run = randomUUID();
    const uuid = randomUUID();
    expect(await storeResult(current(), run, stepResult(uuid))).toBe(true);
    expect(await storeResult(current(), run, stepResult(uuid, { status: 'fail' }))).toBe(false);
    expect(await storeResult(current(), run, stepResult(uuid, { step_id: 's2' }))).toBe(true);
    expect((await loadResults(current(), run)).map(({ status }) => status)).toEqual(['pass', 'pass']);
    expect(await writtenEvents(current(), { kind: 'stage_run', id: run })).toHaveLength(2);
  });

  it('are counted once when a step is executed twice at the same time', async () => {
    const uuids = Array.from({ length: 20 }, () => randomUUID());
    for (let round = 0; round < 5; round += 1) {
      const run = randomUUID();
      const attempts = Array.from({ length: 6 }, (_, attempt) =>
        storeResults(
          current(),
          run,
          (attempt % 2 === 0 ? uuids : uuids.toReversed()).map((uuid) => stepResult(uuid, { attempts: attempt + 1 })),
        ),
      );
      const settled = await Promise.allSettled(attempts);
      expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
      const stored = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
      expect(stored.toSorted()).toEqual(uuids.toSorted());
      expect(await writtenEvents(current(), { kind: 'stage_run', id: run })).toHaveLength(20);
    }
  });

  it('given twice in one call are stored once', async () => {
    const run = randomUUID();
    const uuid = randomUUID();
    expect(await storeResults(current(), run, [stepResult(uuid), stepResult(uuid)])).toEqual([uuid]);
    expect(await storeResults(current(), run, [])).toEqual([]);
  });

  it('hold any text a validator can print', async () => {
    const run = randomUUID();
    const message = 'NUL \0, half a pair \ud800, quotes "\'\\, {1,2}, newline \n';
    const odd = stepResult(randomUUID(), { findings: [finding({ message })], messages: ['\0'], output: '\udc00' });
    await storeResults(current(), run, [odd]);
    expect(await loadResults(current(), run)).toEqual([odd]);
  });

  it('tell what a step still lacks', async () => {
    const run = randomUUID();
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    expect(await missingComponents(current(), run, 's1', [c, a, b])).toEqual([c, a, b]);
    await storeResults(current(), run, [stepResult(a), stepResult(b, { step_id: 's2' })]);
    expect(await missingComponents(current(), run, 's1', [c, a, b])).toEqual([c, b]);
    expect(await missingComponents(current(), randomUUID(), 's1', [a])).toEqual([a]);
    expect((await loadStepResults(current(), run, 's2')).map((found) => found.component_uuid)).toEqual([b]);
  });
});
