import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runStates, terminalRunStates } from '../../../../contracts/run/vocabulary.ts';
import {
  canRunMove,
  isStarting,
  isTerminalRun,
  legalRunMoves,
  nextRunState,
  runTransitions,
  type RunTrigger,
} from '../../../../domain/run/states.ts';

// The table of runs.md 3, written down a second time: from, to, trigger.
const page = `
- queued create
queued provisioning report_provisioning
queued running beat_running
provisioning running beat_running
queued terminated terminate_accepted
provisioning terminated terminate_accepted
queued terminating beat_terminating
provisioning terminating beat_terminating
running paused beat_paused
paused running beat_running
running terminating terminate_accepted
running terminating beat_terminating
paused terminating terminate_accepted
paused terminating beat_terminating
terminating terminated terminate_applied
terminating terminated grace_over
running completed report_completed
queued errored beat_errored
provisioning errored beat_errored
running errored beat_errored
paused errored beat_errored
terminating errored beat_errored
queued failed report_failed
provisioning failed report_failed
running failed report_failed
paused failed report_failed
terminating failed report_failed
queued failed start_timeout
provisioning failed start_timeout
running failed unresponsive`
  .trim()
  .split('\n')
  .map((line) => line.split(' '));

const triggers = [...new Set(runTransitions.map(({ trigger }) => trigger))];

describe('the transition table', () => {
  it('is that of the page', () => {
    expect(runTransitions.map(({ from, to, trigger }) => [from ?? '-', to, trigger])).toEqual(page);
  });

  it('leads from each state by each trigger where the page says, and nowhere else', () => {
    for (const from of [null, ...runStates]) {
      for (const trigger of triggers) {
        const expected = page.find((row) => row[0] === (from ?? '-') && row[2] === trigger)?.[1] ?? null;
        expect([from, trigger, nextRunState(from, trigger, 1)]).toEqual([from, trigger, expected]);
      }
    }
  });

  it.each(['queued', 'provisioning'] as const)('keeps a %s run where it is until a step above zero', (state) => {
    expect([nextRunState(state, 'beat_running', 0), nextRunState(state, 'beat_running', 1)]).toEqual([null, 'running']);
    expect(nextRunState(state, 'beat_paused', 5)).toBeNull();
  });

  it('resumes by a beat with any step', () => {
    expect(nextRunState('paused', 'beat_running', 0)).toBe('running');
  });

  it('has no edge from a state to itself and none out of a terminal state', () => {
    for (const { from, to } of legalRunMoves()) {
      expect(from).not.toBe(to);
      expect(from !== null && isTerminalRun(from)).toBe(false);
    }
    expect(runStates.filter(isTerminalRun)).toEqual([...terminalRunStates]);
    expect(runStates.filter(isStarting)).toEqual(['queued', 'provisioning']);
  });

  it('never leaves a terminal state, whatever the sequence of triggers', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom<RunTrigger>(...triggers), fc.nat(2))), (sequence) => {
        let state = nextRunState(null, 'create');
        for (const [trigger, step] of sequence) {
          const next = nextRunState(state, trigger, step);
          if (state !== null && isTerminalRun(state)) expect(next).toBeNull();
          if (next !== null) expect(canRunMove(state, next)).toBe(true);
          state = next ?? state;
        }
      }),
    );
  });
});
