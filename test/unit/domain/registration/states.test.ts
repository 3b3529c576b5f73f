import { describe, expect, it } from 'vitest';
import { type RegistrationState, registrationStates, transitionKinds } from '../../../../contracts/node/vocabulary.ts';
import {
  canRetry,
  canTransition,
  describeState,
  edgeBetween,
  isActive,
  isLegalStep,
  isTerminal,
  legalSteps,
  registrationEdges,
  requiresAck,
  requiresLiveness,
} from '../../../../domain/registration/states.ts';

/** The table of 3.1: state, predicates that hold, legal targets. */
const table: readonly [RegistrationState, readonly string[], readonly RegistrationState[]][] = [
  ['pending_registration', [], ['accepted', 'rejected']],
  ['accepted', ['requiresAck'], ['awaiting_ack']],
  ['awaiting_ack', ['requiresAck'], ['ack_timed_out', 'ack_received']],
  ['rejected', ['isTerminal'], []],
  ['ack_timed_out', ['canRetry'], ['pending_registration']],
  ['ack_received', [], ['active']],
  ['active', ['isActive', 'requiresLiveness'], ['liveness_expired']],
  ['liveness_expired', ['isTerminal'], []],
];
const predicates = { isTerminal, isActive, requiresAck, requiresLiveness, canRetry };
const pairs = registrationStates.flatMap((from) => registrationStates.map((to) => [from, to] as const));

describe('states', () => {
  it('are the eight of the page, in its order', () => {
    expect(table.map(([state]) => state)).toEqual([...registrationStates]);
    expect(Object.keys(registrationEdges)).toEqual([...registrationStates]);
  });

  it.each(table)('%s: %j', (state, holding, targets) => {
    const found = Object.entries(predicates).filter(([, holds]) => holds(state));
    expect(found.map(([name]) => name)).toEqual(holding);
    expect(registrationStates.filter((to) => canTransition(state, to))).toEqual(targets);
  });

  it('are described, each in its own words', () => {
    const texts = registrationStates.map(describeState);
    expect(new Set(texts).size).toBe(registrationStates.length);
    expect(Math.min(...texts.map(({ length }) => length))).toBeGreaterThan(10);
  });

  it('never follow themselves', () => {
    expect(registrationStates.filter((state) => canTransition(state, state))).toEqual([]);
  });

  it('never leave a terminal state by an edge', () => {
    expect(
      registrationStates.filter((state) => isTerminal(state) && Object.keys(registrationEdges[state]).length),
    ).toEqual([]);
  });

  it.each([
    ['E1', 'pending_registration', 'accepted'],
    ['E2', 'pending_registration', 'rejected'],
    ['E3', 'accepted', 'awaiting_ack'],
    ['E4', 'awaiting_ack', 'ack_received'],
    ['E5', 'awaiting_ack', 'ack_timed_out'],
    ['E6', 'ack_timed_out', 'pending_registration'],
    ['E7', 'ack_received', 'active'],
    ['E8', 'active', 'liveness_expired'],
  ] as const)('%s leads from %s to %s', (id, from, to) => {
    expect(edgeBetween(from, to)).toBe(id);
  });

  it('have eight edges and no other', () => {
    expect(pairs.filter(([from, to]) => edgeBetween(from, to) !== null)).toHaveLength(8);
  });
});

describe('steps', () => {
  it.each(registrationStates)('start an epoch out of %s, in pending_registration only', (from) => {
    expect(registrationStates.filter((to) => isLegalStep('epoch_start', from, to))).toEqual(['pending_registration']);
  });

  it('start the first epoch of a row', () => {
    expect(isLegalStep('epoch_start', null, 'pending_registration')).toBe(true);
    expect(isLegalStep('epoch_start', null, 'active')).toBe(false);
  });

  it.each(pairs)('as edge or retry %s → %s only along the table', (from, to) => {
    expect(isLegalStep('edge', from, to)).toBe(canTransition(from, to) && from !== 'ack_timed_out');
    expect(isLegalStep('retry', from, to)).toBe(from === 'ack_timed_out' && to === 'pending_registration');
  });

  it.each(pairs)('as refresh %s → %s only keep a state that is not terminal', (from, to) => {
    expect(isLegalStep('refresh', from, to)).toBe(from === to && !isTerminal(from));
  });

  it('need a row for everything but an epoch start and an import', () => {
    const firsts = transitionKinds.filter((kind) => registrationStates.some((to) => isLegalStep(kind, null, to)));
    expect(firsts).toEqual(['epoch_start', 'import']);
  });

  it('import anything: feeds may skip facts', () => {
    expect(pairs.filter(([from, to]) => !isLegalStep('import', from, to))).toEqual([]);
  });

  it('are listed completely for the CHECK', () => {
    const counts = transitionKinds.map((kind) => legalSteps().filter((step) => step.kind === kind).length);
    expect(Object.fromEntries(transitionKinds.map((kind, index) => [kind, counts[index]]))).toEqual({
      epoch_start: 9,
      edge: 7,
      retry: 1,
      refresh: 6,
      import: 72,
    });
    expect(legalSteps().filter(({ kind, from, to }) => !isLegalStep(kind, from, to))).toEqual([]);
  });

  it('keep a state only in a refresh, an import, and an epoch start out of pending_registration', () => {
    const equal = legalSteps().filter(({ kind, from, to }) => from === to && kind !== 'refresh' && kind !== 'import');
    expect(equal).toEqual([{ kind: 'epoch_start', from: 'pending_registration', to: 'pending_registration' }]);
  });
});
