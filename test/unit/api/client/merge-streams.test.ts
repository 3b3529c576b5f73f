/** Several streams of one run become one. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamMerger } from '../../../../api/client/merge-streams.ts';
import type { StageEvent } from '../../../../contracts/stage.ts';
import { exampleReport } from '../support/memory-stage-runs.ts';

const run_id = '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b';
const stamp = (seq: number) => ({ seq, at: '2026-01-01T00:00:00.000Z', run_id });
const started = (seq: number): StageEvent => ({ ...stamp(seq), type: 'run.started', workflow_id: 'stage/ci/x' });
const step = (seq: number, id: string): StageEvent => ({
  ...stamp(seq),
  type: 'step.started',
  step_id: id,
  summary: id,
});
const finished = (seq: number): StageEvent => ({ ...stamp(seq), type: 'run.finished', report: exampleReport(run_id) });

const names = (events: readonly (StageEvent | null)[]) =>
  events.flatMap((event) =>
    event === null ? [] : [`${event.seq} ${event.type}${'step_id' in event ? ` ${event.step_id}` : ''}`],
  );

describe('merging streams', () => {
  it('drops what the same instance repeats', () => {
    const merger = new StreamMerger();
    const first = [started(1), step(2, 'a')].map((event) => merger.accept(event, 'i1'));
    expect(merger.position).toEqual({ after_seq: 2, instance: 'i1' });
    const second = [started(1), step(2, 'a'), step(3, 'b'), finished(4)].map((event) => merger.accept(event, 'i1'));
    expect(names([...first, ...second])).toEqual([
      '1 run.started',
      '2 step.started a',
      '3 step.started b',
      '4 run.finished',
    ]);
  });

  it('goes on counting when a new instance starts anew, and drops what it tells again', () => {
    const merger = new StreamMerger();
    const first = [started(1), step(2, 'a'), step(3, 'b')].map((event) => merger.accept(event, 'i1'));
    const second = [started(1), step(2, 'b'), step(3, 'c'), finished(4)].map((event) => merger.accept(event, 'i2'));
    expect(names([...first, ...second])).toEqual([
      '1 run.started',
      '2 step.started a',
      '3 step.started b',
      '4 step.started c',
      '5 run.finished',
    ]);
    expect(merger.position).toEqual({ after_seq: 4, instance: 'i2' });
  });

  it('keeps what one instance says twice on purpose', () => {
    const merger = new StreamMerger();
    expect(names([step(1, 'a'), step(2, 'a')].map((event) => merger.accept(event, 'i1')))).toEqual([
      '1 step.started a',
      '2 step.started a',
    ]);
  });

  it('starts after the number it was given', () => {
    const merger = new StreamMerger(2);
    expect(names([started(1), step(2, 'a'), step(3, 'b')].map((event) => merger.accept(event, 'i1')))).toEqual([
      '3 step.started b',
    ]);
  });

  it('gives every event once with rising numbers, wherever the streams broke', () => {
    const truth = [started(1), ...Array.from({ length: 20 }, (_, index) => step(index + 2, `s${index}`)), finished(22)];
    const breaks = fc.array(fc.record({ at: fc.nat(21), restarted: fc.boolean() }), { maxLength: 6 });
    fc.assert(
      fc.property(breaks, (cuts) => {
        const merger = new StreamMerger();
        const seen: StageEvent[] = [];
        let instance = 0;
        for (const cut of [...cuts, { at: 22, restarted: true }]) {
          if (cut.restarted) instance += 1;
          for (const event of truth.slice(0, cut.at)) {
            const accepted = merger.accept(event, `i${instance}`);
            if (accepted !== null) seen.push(accepted);
          }
        }
        expect(seen.map((event) => ('step_id' in event ? event.step_id : event.type))).toEqual(
          truth.map((event) => ('step_id' in event ? event.step_id : event.type)),
        );
        expect(seen.map(({ seq }) => seq)).toEqual(truth.map(({ seq }) => seq));
      }),
    );
  });
});
