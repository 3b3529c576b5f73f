/**
 * Names and shapes of what a registration understands (registration.md 9). Clients import this file, so it loads
 * nothing: the definitions themselves are made inside the workflow.
 */
import type { NodePath } from '../../contracts/node/vocabulary.ts';
import type { RegistrationInput } from '../../contracts/node/workflow.ts';

/** Workflow type. */
export const registrationType = 'registration';

export const registrationMessages = {
  /** Update, mostly with start: the announcement; the update id is the message id. */
  introspect: 'introspect',
  /** Update: the node confirms its offer; the update id is the command id. */
  ack: 'ack',
  /** Update: the node or an operator takes it out; the update id is the command id. */
  deregister: 'deregister',
  /** Update: the gateway stored a beat that changed the reported status. */
  edge: 'edge',
  /** Signal: a beat of a node that speaks Temporal. */
  heartbeat: 'heartbeat',
  /** Signal, always with start: the sweeper saw something that is due. */
  poke: 'poke',
  /** Query: where the node stands. */
  snapshot: 'snapshot',
} as const;

/** Second argument of updates that come through our client; a node that speaks Temporal itself leaves it out. */
export interface CallInfo {
  /** Unique for each call. An answer with another one was kept by the engine from an earlier call. */
  readonly call_id: string;
  readonly path: NodePath;
}

/** An answer, marked with the call it was made for. */
export type Called<Answer> = Answer & { readonly call_id?: string };

/** Input of a first run. */
export function registrationInput(entityId: string, domain: string): RegistrationInput {
  return { schema_version: 1, entity_id: entityId, domain, carried: null };
}
