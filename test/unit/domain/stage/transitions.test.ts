import { describe, expect, it } from 'vitest';
import type { RunState } from '../../../../contracts/stage.ts';
import {
  isTerminal,
  nextState,
  nextStates,
  type StageRunEvent,
  stageTransitions,
  terminalStates,
} from '../../../../domain/stage/transitions.ts';

const legal: readonly [RunState, StageRunEvent, RunState][] = [
  ['planning', 'planned', 'running'],
  ['planning', 'finished', 'completed'],
  ['planning', 'cancel', 'cancelling'],
  ['planning', 'deadline', 'timed_out'],
  ['planning', 'failed', 'errored'],
  ['running', 'finished', 'completed'],
  ['running', 'cancel', 'cancelling'],
  ['running', 'deadline', 'timed_out'],
  ['running', 'failed', 'errored'],
  ['cancelling', 'stopped', 'cancelled'],
  ['cancelling', 'failed', 'errored'],
];
const states = Object.keys(stageTransitions) as RunState[];
const events: readonly StageRunEvent[] = ['planned', 'finished', 'cancel', 'stopped', 'deadline', 'failed'];

describe('states of a run', () => {
  it.each(legal)('%s + %s → %s', (from, event, to) => {
    expect(nextState(from, event)).toBe(to);
  });

  it('have no other edges', () => {
    const all = states.flatMap((from) => events.map((event) => [from, event, nextState(from, event)]));
    expect(all.filter(([, , to]) => to !== null)).toEqual(expect.arrayContaining(legal.map((edge) => [...edge])));
    expect(all.filter(([, , to]) => to !== null)).toHaveLength(legal.length);
  });

  it('never change once terminal', () => {
    expect(states.filter(isTerminal)).toEqual([...terminalStates]);
    expect(terminalStates.flatMap((state) => nextStates(state))).toEqual([]);
  });

  it('all lead to an end', () => {
    const reaches = (state: RunState): boolean => isTerminal(state) || nextStates(state).some(reaches);
    expect(states.filter((state) => !reaches(state))).toEqual([]);
  });
});
