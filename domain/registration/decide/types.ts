/**
 * What the reducer of a registration is asked and what it says (registration.md 9 "Loop"). Glossary: an **input** is one
 * message, result or deadline; a **change** is the steps of one write and the memory they lead to; a **decision** is a
 * change or an answer, and what has to happen beside it.
 */
import type { AnswerReason } from '../../../contracts/node/answers.ts';
import type { Ack, Deregister, Introspection, Poke, StatusEdge } from '../../../contracts/node/messages.ts';
import type { LoadedRegistration, RegistrationStep, WriteGuard } from '../../../contracts/node/projection.ts';
import type { FactsColumns, JsonObject } from '../../../contracts/node/row.ts';
import type { NodePath } from '../../../contracts/node/vocabulary.ts';
import type { AdmissionDecision, RegistrationMemory, WorkflowSettings } from '../../../contracts/node/workflow.ts';
import type { DerivedFacts } from '../facts.ts';

/** Everything a decision needs beside memory and input. Sources of ids and chance are deterministic in a workflow. */
export interface DecideContext {
  readonly workflow_id: string;
  readonly entity_id: string;
  readonly domain: string;
  readonly settings: WorkflowSettings;
  /** The workflow's own clock, ms. */
  now(): number;
  newId(): string;
  /** 0 to below 1. */
  random(): number;
}

export interface IntrospectInput {
  readonly kind: 'introspect';
  readonly message: Introspection;
  readonly facts: DerivedFacts;
  readonly path: NodePath;
  /** What the policy says; null when it could not say so quickly, absent before it was asked. */
  readonly verdict?: AdmissionDecision | null;
}

export type DueDeadline = 'ack' | 'liveness' | 'retry' | 'activation' | 'retire';

export type RegistrationInput =
  | IntrospectInput
  | { readonly kind: 'ack'; readonly ack: Ack; readonly path: NodePath }
  | { readonly kind: 'deregister'; readonly command: Deregister }
  /** A status edge that is stored already. Beats that came by signal need not have an id. */
  | {
      readonly kind: 'edge';
      readonly edge: Omit<StatusEdge, 'message_id'> & { readonly message_id: string | null };
      readonly path: NodePath;
    }
  | { readonly kind: 'poke'; readonly poke: Poke }
  /** What a reading after a poke found. */
  | { readonly kind: 'found'; readonly poke: Poke; readonly loaded: LoadedRegistration }
  /** Policy on the open attempt; `awaited` while the caller who opened it still waits. */
  | {
      readonly kind: 'decided';
      readonly attempt_id: string;
      readonly verdict: AdmissionDecision;
      readonly awaited: boolean;
    }
  /** Policy on changed facts of an active node; null when it could not decide in time. */
  | {
      readonly kind: 'change_decided';
      readonly attempt_id: string;
      readonly change: IntrospectInput;
      readonly verdict: AdmissionDecision | null;
    }
  | { readonly kind: 'delivered'; readonly attempt_id: string; readonly delivered: boolean }
  /** A guarded write found the receipt of an ack that came in time. */
  | { readonly kind: 'receipt'; readonly command_id: string }
  | {
      readonly kind: 'due';
      readonly deadline: DueDeadline;
      readonly incident_id: string | null;
      /** Of a retry, as of an introspection. */
      readonly verdict?: AdmissionDecision | null;
    }
  /** The row is older than the workflow: a database was restored. */
  | { readonly kind: 'heal' };

export interface Change {
  readonly steps: readonly RegistrationStep[];
  readonly guard: WriteGuard | null;
  /** Epoch the guard speaks of. */
  readonly guard_epoch: number;
  readonly facts: FactsColumns | null;
  readonly performance_metrics: JsonObject | null;
  /** As it is once the write is applied, but for times, which come with the result. */
  readonly memory: RegistrationMemory;
}

/** Work that runs beside the loop and comes back as an input. */
export type SideTask =
  /** Ask the policy about the open attempt; with the message, or null for the facts of the row. */
  { readonly task: 'consult'; readonly message: Introspection | null } | { readonly task: 'deliver' };

/** What is asked of the policy; a null message stands for the facts of the row. */
export interface Question {
  readonly epoch: number;
  readonly message: Introspection | null;
}

/** Extra members of an answer; the rest follows from the memory. */
export interface Reply<Result extends string = string> {
  readonly result: Result;
  readonly reason?: AnswerReason;
  readonly retry_after_ms?: number;
  /** The caller is done with the node: it need not do anything more. */
  readonly leaving?: boolean;
}

export type Decision =
  /** Of a time that has passed: nothing to do, nobody to answer. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'answer'; readonly reply: Reply; readonly memory: RegistrationMemory }
  | {
      readonly kind: 'write';
      readonly change: Change;
      /** Null: answered later, by the outcome of the side task. */
      readonly reply: Reply | null;
      readonly side: SideTask | null;
      /** The same input is judged once more after this write. */
      readonly again: boolean;
    }
  /** Ask the policy, for a moment, and judge the input again with what it says. */
  | { readonly kind: 'ask'; readonly question: Question }
  /** Ask the policy about a change of facts beside the loop; the answer waits for it. */
  | { readonly kind: 'ask_beside' }
  /** Judge this input anew, by itself. */
  | { readonly kind: 'requeue'; readonly input: RegistrationInput }
  /** Read the row, then judge what was found. */
  | { readonly kind: 'look'; readonly poke: Poke }
  | { readonly kind: 'complete' };
