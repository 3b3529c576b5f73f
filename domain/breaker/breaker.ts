/**
 * When to leave a failing dependency alone (registration.md 7 "Breaker"), as a pure state machine. `threshold` failures
 * in a row open the circuit for `reset_ms`; then exactly one call passes as a probe: its success closes the circuit, its
 * failure opens it for a full period again.
 *
 * Each admitted call gets a ticket. Results of tickets from before the last change are ignored: a slow call that fails
 * while the circuit is open extends nothing, one that fails after it has closed again opens nothing.
 */

export interface BreakerLimits {
  /** Failures in a row, 1-1000. */
  readonly threshold: number;
  /** 0 = the next call is the probe. */
  readonly reset_ms: number;
}

export type CircuitState = 'closed' | 'open' | 'half_open';

export interface Circuit {
  readonly state: CircuitState;
  /** Failures in a row while closed. */
  readonly failures: number;
  /** When it opened, ms of the caller's clock; meaningless while closed. */
  readonly opened_at: number;
  /** Whether the one probe of half-open is under way. */
  readonly probing: boolean;
  /** Raised by every change of state. */
  readonly generation: number;
}

export interface Ticket {
  readonly generation: number;
}

export type Admission =
  | { readonly pass: true; readonly circuit: Circuit; readonly ticket: Ticket }
  | { readonly pass: false; readonly circuit: Circuit; readonly retry_after_ms: number };

/** `ignored`: the call says nothing about the dependency, as when its arguments were refused. */
export type CallOutcome = 'success' | 'failure' | 'ignored';

export const closedCircuit: Circuit = { state: 'closed', failures: 0, opened_at: 0, probing: false, generation: 0 };

/** May a call pass at `now`? */
export function admitCall(circuit: Circuit, limits: BreakerLimits, now: number): Admission {
  const present = aged(circuit, limits, now);
  switch (present.state) {
    case 'closed':
      return { pass: true, circuit: present, ticket: ticketOf(present) };
    case 'open':
      return { pass: false, circuit: present, retry_after_ms: present.opened_at + limits.reset_ms - now };
    case 'half_open':
      return present.probing
        ? { pass: false, circuit: present, retry_after_ms: 0 }
        : { pass: true, circuit: { ...present, probing: true }, ticket: ticketOf(present) };
  }
}

/** What the end of an admitted call changes. */
export function settleCall(
  circuit: Circuit,
  limits: BreakerLimits,
  ticket: Ticket,
  outcome: CallOutcome,
  now: number,
): Circuit {
  if (ticket.generation !== circuit.generation) return circuit;
  if (outcome === 'ignored') return { ...circuit, probing: false };
  if (outcome === 'success') {
    return circuit.state === 'closed' ? { ...circuit, failures: 0 } : { ...closedCircuit, generation: next(circuit) };
  }
  const failures = circuit.failures + 1;
  if (circuit.state === 'closed' && failures < limits.threshold) return { ...circuit, failures };
  return { state: 'open', failures: 0, opened_at: now, probing: false, generation: next(circuit) };
}

/** The circuit as it stands at `now`: an open one whose time is over is half-open. */
export function aged(circuit: Circuit, limits: BreakerLimits, now: number): Circuit {
  if (circuit.state !== 'open' || now - circuit.opened_at < limits.reset_ms) return circuit;
  return { ...circuit, state: 'half_open', generation: next(circuit) };
}

function ticketOf({ generation }: Circuit): Ticket {
  return { generation };
}

function next({ generation }: Circuit): number {
  return generation + 1;
}
