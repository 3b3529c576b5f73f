/**
 * A circuit breaker around calls of a dependency (registration.md 7 "Breaker"), one per process and dependency. The rules
 * are `domain/breaker`; here is the one mutable circuit and what callers are told.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import {
  admitCall,
  aged,
  type BreakerLimits,
  type CallOutcome,
  type Circuit,
  type CircuitState,
  closedCircuit,
  settleCall,
} from '../../domain/breaker/breaker.ts';
import { isDatabaseFailure, toNodeError } from './database-errors.ts';

export interface BreakerObserver {
  /** Told at every change, with the name of the dependency. */
  circuitChanged(dependency: string, state: CircuitState): void;
}

export interface BreakerOptions {
  /** The dependency, as metrics name it: `postgres`. */
  readonly name: string;
  /** Read at every call, so a change of settings holds at once. */
  readonly settings: () => BreakerLimits;
  /** Milliseconds of a clock that never goes back; default `performance.now`. */
  readonly now?: () => number;
  readonly observer?: BreakerObserver;
}

export interface Breaker {
  /**
   * Runs `work` unless the circuit is open. Failures come out as ND009, ND010 or ND012 and count; every other error
   * passes unchanged and says nothing about the database.
   * @throws ND011 while the circuit is open, without a call of `work`
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  state(): CircuitState;
}

export function createBreaker(options: BreakerOptions): Breaker {
  const { name, settings, now = () => performance.now(), observer } = options;
  let circuit: Circuit = closedCircuit;

  const become = (next: Circuit): void => {
    const changed = next.state !== circuit.state;
    circuit = next;
    if (changed) observer?.circuitChanged(name, next.state);
  };

  return {
    run: async (work) => {
      const admission = admitCall(circuit, settings(), now());
      become(admission.circuit);
      if (!admission.pass) throw refusal(admission.circuit.state, admission.retry_after_ms);
      let outcome: CallOutcome = 'ignored';
      try {
        const result = await work();
        outcome = 'success';
        return result;
      } catch (error) {
        const told = toNodeError(error);
        outcome = isDatabaseFailure(told) ? 'failure' : 'ignored';
        throw told;
      } finally {
        become(settleCall(circuit, settings(), admission.ticket, outcome, now()));
      }
    },
    state: () => aged(circuit, settings(), now()).state,
  };
}

function refusal(state: CircuitState, retryAfterMs: number): OmniBaseError {
  return new OmniBaseError('ND011', {
    details: { circuit_state: state, retry_after_seconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) },
  });
}
