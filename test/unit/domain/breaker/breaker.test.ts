import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admitCall,
  aged,
  type BreakerLimits,
  type CallOutcome,
  type Circuit,
  closedCircuit,
  settleCall,
} from '../../../../domain/breaker/breaker.ts';

const limits: BreakerLimits = { threshold: 5, reset_ms: 60_000 };

/** One call that starts and ends at `now`; false when it was not admitted. */
function call(circuit: Circuit, outcome: CallOutcome, now: number, with_: BreakerLimits = limits) {
  const admission = admitCall(circuit, with_, now);
  if (!admission.pass) return { passed: false, circuit: admission.circuit, retry_after_ms: admission.retry_after_ms };
  return {
    passed: true,
    circuit: settleCall(admission.circuit, with_, admission.ticket, outcome, now),
    retry_after_ms: 0,
  };
}

function after(outcomes: readonly CallOutcome[], now = 0, with_ = limits): Circuit {
  return outcomes.reduce((circuit, outcome) => call(circuit, outcome, now, with_).circuit, closedCircuit);
}

const failures = (count: number): CallOutcome[] => Array.from({ length: count }, () => 'failure');

describe('a closed circuit', () => {
  it('opens at the threshold and not before', () => {
    expect(after(failures(4))).toMatchObject({ state: 'closed', failures: 4 });
    expect(after(failures(5), 7)).toMatchObject({ state: 'open', opened_at: 7 });
  });

  it('starts counting again after any success', () => {
    expect(after([...failures(4), 'success', ...failures(4)]).state).toBe('closed');
  });

  it('takes no notice of calls that say nothing about the dependency', () => {
    expect(after([...failures(4), 'ignored'])).toMatchObject({ state: 'closed', failures: 4 });
    expect(after([...failures(4), 'ignored', 'failure']).state).toBe('open');
  });
});

describe('an open circuit', () => {
  it('admits nobody until its time is over, and says how long that is', () => {
    const open = after(failures(5));
    expect(call(open, 'success', 1)).toMatchObject({ passed: false, retry_after_ms: 59_999 });
    expect(call(open, 'success', 59_999)).toMatchObject({ passed: false, retry_after_ms: 1 });
    expect(call(open, 'success', 60_000)).toMatchObject({ passed: true, circuit: { state: 'closed', failures: 0 } });
  });

  it('is not extended by calls that were under way when it opened, and not closed by them', () => {
    const started = admitCall(closedCircuit, limits, 0);
    if (!started.pass) throw new Error('not admitted');
    const open = after(failures(5), 10);
    expect(settleCall(open, limits, started.ticket, 'failure', 30_000)).toBe(open);
    expect(settleCall(open, limits, started.ticket, 'success', 30_000)).toBe(open);
  });
});

describe('a half-open circuit', () => {
  const open = after(failures(5));

  it('lets exactly one probe pass', () => {
    const probe = admitCall(open, limits, 60_000);
    expect(probe.pass).toBe(true);
    for (let other = 0; other < 3; other += 1) {
      expect(call(probe.circuit, 'success', 60_001 + other)).toMatchObject({
        passed: false,
        circuit: { state: 'half_open' },
      });
    }
  });

  it('opens again for a full period when the probe fails', () => {
    const { circuit } = call(open, 'failure', 70_000);
    expect(circuit).toMatchObject({ state: 'open', opened_at: 70_000 });
    expect(call(circuit, 'success', 129_999).passed).toBe(false);
    expect(call(circuit, 'success', 130_000).circuit.state).toBe('closed');
  });

  it('closes and starts at zero when the probe succeeds', () => {
    const { circuit } = call(open, 'success', 60_000);
    expect(failures(4).reduce((next) => call(next, 'failure', 60_001).circuit, circuit).state).toBe('closed');
  });

  it('gives the place of the probe away when the probe said nothing', () => {
    const { circuit } = call(open, 'ignored', 60_000);
    expect(circuit).toMatchObject({ state: 'half_open', probing: false });
    expect(call(circuit, 'success', 60_001)).toMatchObject({ passed: true, circuit: { state: 'closed' } });
  });

  it('follows at once when the period is 0', () => {
    const impatient = { threshold: 1, reset_ms: 0 };
    const opened = after(failures(1), 5, impatient);
    expect(opened.state).toBe('open');
    expect(aged(opened, impatient, 5).state).toBe('half_open');
    expect(call(opened, 'success', 5, impatient)).toMatchObject({ passed: true, circuit: { state: 'closed' } });
  });
});

it('ignores what calls of an earlier life end with', () => {
  const slow = admitCall(closedCircuit, limits, 0);
  if (!slow.pass) throw new Error('not admitted');
  const again = call(after(failures(5)), 'success', 60_000).circuit;
  const four = failures(4).reduce((next) => call(next, 'failure', 60_001).circuit, again);
  expect(settleCall(four, limits, slow.ticket, 'failure', 60_002)).toBe(four);
});

it('never admits a second probe, and opens only by a full row of failures, whatever happens', () => {
  const event = fc.record({
    wait: fc.integer({ min: 0, max: 40_000 }),
    act: fc.constantFrom('start', 'success', 'failure', 'ignored'),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let circuit: Circuit = closedCircuit;
      let now = 0;
      let inARow = 0;
      const running: { generation: number; probe: boolean }[] = [];
      for (const { wait, act, pick } of events) {
        now += wait;
        if (act === 'start') {
          const admission = admitCall(circuit, limits, now);
          circuit = admission.circuit;
          if (!admission.pass) continue;
          const probe = circuit.state === 'half_open';
          expect(running.filter((call) => call.probe && call.generation === admission.ticket.generation)).toEqual([]);
          running.push({ generation: admission.ticket.generation, probe });
          continue;
        }
        const [ended] = running.splice(pick % Math.max(1, running.length), 1);
        if (ended === undefined) continue;
        const before = circuit;
        circuit = settleCall(circuit, limits, ended, act, now);
        if (ended.generation !== before.generation) {
          expect(circuit).toBe(before);
          continue;
        }
        if (act === 'success') inARow = 0;
        if (act === 'failure') inARow += 1;
        if (circuit.state === 'open' && before.state === 'closed') expect(inARow).toBe(limits.threshold);
        if (circuit.state !== before.state) inARow = 0;
      }
    }),
  );
});
