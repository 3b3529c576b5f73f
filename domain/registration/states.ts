/**
 * The eight states of a registration and every step between them (registration.md 3.1, 3.2). The table is enforced
 * three times: here, where decisions are made; in the projector, which asks `isLegalStep`; and by a CHECK in Postgres,
 * which lists `legalSteps()`.
 */
import { type RegistrationState, registrationStates, type TransitionKind } from '../../contracts/node/vocabulary.ts';

/** Name of an edge in the page's table. */
export type EdgeId = 'E1' | 'E2' | 'E3' | 'E4' | 'E5' | 'E6' | 'E7' | 'E8';

/** State → state it may lead to → name of the edge. A new epoch is no edge: it may follow anything. */
export const registrationEdges = {
  pending_registration: { accepted: 'E1', rejected: 'E2' },
  accepted: { awaiting_ack: 'E3' },
  awaiting_ack: { ack_received: 'E4', ack_timed_out: 'E5' },
  rejected: {},
  ack_timed_out: { pending_registration: 'E6' },
  ack_received: { active: 'E7' },
  active: { liveness_expired: 'E8' },
  liveness_expired: {},
} as const satisfies Readonly<Record<RegistrationState, Readonly<Partial<Record<RegistrationState, EdgeId>>>>>;

/** One row of the CHECK: a null `from` is the first step of a row. */
export interface LegalStep {
  readonly kind: TransitionKind;
  readonly from: RegistrationState | null;
  readonly to: RegistrationState;
}

/** The edge between two states, or null where the table has none. */
export function edgeBetween(from: RegistrationState, to: RegistrationState): EdgeId | null {
  const edges: Readonly<Partial<Record<RegistrationState, EdgeId>>> = registrationEdges[from];
  return edges[to] ?? null;
}

/** Whether an edge leads from one state to the other; never from a state to itself. */
export function canTransition(from: RegistrationState, to: RegistrationState): boolean {
  return edgeBetween(from, to) !== null;
}

/** Nothing follows inside this epoch; only a new epoch leads away. */
export function isTerminal(state: RegistrationState): boolean {
  return state === 'rejected' || state === 'liveness_expired';
}

/** The node takes part. */
export function isActive(state: RegistrationState): boolean {
  return state === 'active';
}

/** An offer is open and its ack deadline is watched. */
export function requiresAck(state: RegistrationState): boolean {
  return state === 'accepted' || state === 'awaiting_ack';
}

/** The liveness deadline is watched. */
export function requiresLiveness(state: RegistrationState): boolean {
  return state === 'active';
}

/** The retry series may go on with another attempt. */
export function canRetry(state: RegistrationState): boolean {
  return state === 'ack_timed_out';
}

/** What a state means, in one clause for people. */
export function describeState(state: RegistrationState): string {
  return descriptions[state];
}

const descriptions: Readonly<Record<RegistrationState, string>> = {
  pending_registration: 'announced, the admission policy has not decided yet',
  accepted: 'admitted, the offer is on its way to the node',
  awaiting_ack: 'the offer is made, the node has yet to acknowledge it',
  rejected: 'refused by the admission policy or withdrawn before a decision',
  ack_timed_out: 'the offer was not acknowledged in time or was withdrawn',
  ack_received: 'acknowledged, activation follows at once',
  active: 'takes part and proves its life by heartbeats',
  liveness_expired: 'fell silent or was deregistered',
};

/**
 * Whether one step of `kind` may lead from `from` (null: no row yet) to `to`. An epoch starts from anything, always in
 * `pending_registration`; a retry is E6 alone; a refresh keeps a state that is not terminal; an import of a feed may
 * skip facts and so do anything.
 */
export function isLegalStep(kind: TransitionKind, from: RegistrationState | null, to: RegistrationState): boolean {
  switch (kind) {
    case 'import':
      return true;
    case 'epoch_start':
      return to === 'pending_registration';
    case 'refresh':
      return from === to && !isTerminal(to);
    case 'edge':
      return from !== null && canTransition(from, to) && edgeBetween(from, to) !== 'E6';
    case 'retry':
      return from !== null && edgeBetween(from, to) === 'E6';
  }
}

/** Every legal step, for the CHECK on `registration_transitions`. */
export function legalSteps(): readonly LegalStep[] {
  const kinds: readonly TransitionKind[] = ['epoch_start', 'edge', 'retry', 'refresh', 'import'];
  const origins = [null, ...registrationStates];
  return kinds.flatMap((kind) =>
    origins.flatMap((from) =>
      registrationStates.filter((to) => isLegalStep(kind, from, to)).map((to) => ({ kind, from, to })),
    ),
  );
}
