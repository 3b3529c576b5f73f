/**
 * What one run of a registration holds in its hands: the memory, the inbox, callers who wait, the newest signalled beat.
 * Handlers put things in and ring; the one loop of `conduct.ts` takes them out and acts.
 */
import type { OmniBaseError } from '../../contracts/error.ts';
import type { Introspection } from '../../contracts/node/messages.ts';
import type {
  AdmissionDecision,
  HeldBeat,
  RegistrationInput as WorkflowInput,
  RegistrationMemory,
  RegistrationSnapshot,
  WorkflowSettings,
} from '../../contracts/node/workflow.ts';
import type { DecideContext, RegistrationInput, Reply } from '../../domain/registration/decide/types.ts';
import { emptyMemory } from '../../domain/registration/memory.ts';
import { Bell } from './bell.ts';
import { OneTimer } from './one-timer.ts';
import type { RegistrationPorts } from './ports.ts';

/** Who waits for the answer to a message. */
export interface Caller {
  answer(reply: Reply, memory: RegistrationMemory): void;
  refuse(error: OmniBaseError): void;
}

export interface Item {
  readonly input: RegistrationInput;
  readonly caller: Caller | null;
  /** The row was read for it, to see whether it is what this run believes. */
  readonly looked?: boolean;
}

/** A caller whose introspection opened an attempt and who waits for the decision on it. */
export interface Waiter {
  readonly attempt_id: string;
  readonly caller: Caller;
  /** Where the node stood when the attempt was opened. */
  readonly opened: RegistrationMemory;
}

/** The policy at work on the open attempt. */
export interface Consultation {
  readonly attempt_id: string;
  given_up: boolean;
  cancel(): void;
}

export class RegistrationLife {
  readonly input: WorkflowInput;
  readonly bell = new Bell();
  readonly timer: OneTimer;
  settings: WorkflowSettings;
  memory: RegistrationMemory;
  inbox: Item[] = [];
  /** Introspections that came while a change of facts was being decided; they keep their order. */
  deferred: Item[] = [];
  waiters: Waiter[] = [];
  consultation: Consultation | null = null;
  /** The policy on the introspection that started this run, asked while its row was read. */
  asked: { readonly message_id: string; readonly verdict: AdmissionDecision | null } | null = null;
  /** Attempt whose offer is on its way. */
  delivering: string | null = null;
  changing = false;
  held: HeldBeat | null = null;
  flushedAt: number | null = null;
  beatAnswer: RegistrationSnapshot['heartbeat'] = null;
  /** When `ack_received` is looked at again after its step was refused, ms; 0 = at once. */
  activateAfter = 0;
  updates = 0;
  /** The row needs no workflow any more. */
  over = false;

  private readonly ports: RegistrationPorts;

  constructor(input: WorkflowInput, ports: RegistrationPorts, settings: WorkflowSettings) {
    this.input = input;
    this.ports = ports;
    this.settings = settings;
    this.memory = emptyMemory(settings);
    this.timer = new OneTimer(ports, this.bell);
  }

  get context(): DecideContext {
    const { entity_id, domain } = this.input;
    const { ports } = this;
    return {
      workflow_id: ports.workflow_id,
      entity_id,
      domain,
      settings: this.settings,
      now: () => ports.now(),
      newId: () => ports.newId(),
      random: () => ports.random(),
    };
  }

  /** Puts something into the inbox and wakes the loop. */
  push(input: RegistrationInput, caller: Caller | null = null): void {
    this.inbox.push({ input, caller });
    this.bell.ring();
  }

  isAwaited(attemptId: string): boolean {
    return this.waiters.some(({ attempt_id }) => attempt_id === attemptId);
  }

  /** True when nothing is under way that this run would have to finish. */
  get idle(): boolean {
    return this.inbox.length === 0 && this.deferred.length === 0 && this.waiters.length === 0 && !this.changing;
  }

  snapshot(): RegistrationSnapshot {
    const { memory, timer } = this;
    const { state, epoch, version, attempt_id, attempt_number, ack_deadline, liveness_deadline, due, mode } = memory;
    return {
      entity_id: this.input.entity_id,
      domain: this.input.domain,
      state,
      epoch,
      version,
      attempt_id,
      attempt_number,
      ack_deadline,
      liveness_deadline,
      next_retry_at: due.retry === null ? null : new Date(due.retry).toISOString(),
      next_heartbeat_in_ms: state === null ? null : memory.interval_ms,
      inbox_length: this.inbox.length + this.deferred.length,
      timer:
        timer.armed === null ? null : { purpose: timer.armed.purpose, due_at: new Date(timer.armed.at).toISOString() },
      mode,
      heartbeat: this.beatAnswer,
    };
  }
}

/** An introspection of a node that leaves does not wait behind one that changes facts. */
export function isLeaving({ reason }: Introspection): boolean {
  return reason === 'shutdown';
}
