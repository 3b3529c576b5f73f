/**
 * How steps are drafted (registration.md 3.2, 5): one version each, with event, cause and correlation, legal by the
 * table; a draft takes a memory through them. Which steps there are is `steps.ts`.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { NodeEventPayload, NodeEventType } from '../../../contracts/event.ts';
import type { RegistrationStep, StepEvent, WriteGuard } from '../../../contracts/node/projection.ts';
import type { RegistrationState, TransitionKind } from '../../../contracts/node/vocabulary.ts';
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import type { DerivedFacts } from '../facts.ts';
import { eventId } from '../ids.ts';
import { rememberedAttempts } from '../memory.ts';
import { isLegalStep } from '../states.ts';
import type { Change, DecideContext } from './types.ts';

/** What a step is caused by: a message names itself, time names the event that opened the wait. */
export interface Cause {
  readonly cause_id: string | null;
  readonly correlation_id: string | null;
  readonly actor: string;
}

/** Speaks where nobody else does: policy, deadlines, offers. */
export const systemActor = 'system:registration';

interface StepDetails {
  readonly kind: TransitionKind;
  readonly to: RegistrationState;
  readonly cause: Cause;
  readonly event: StepEvent;
  readonly reason_code?: string | null;
  readonly retry_in_ms?: number;
  readonly incident_id?: string | null;
  /** Members that change with the step, beside state and version. */
  readonly becomes?: Partial<RegistrationMemory>;
}

export class DraftBase {
  protected current: RegistrationMemory;
  protected facts: DerivedFacts | null = null;
  readonly #steps: RegistrationStep[] = [];
  readonly #context: DecideContext;

  constructor(memory: RegistrationMemory, context: DecideContext) {
    this.current = memory;
    this.#context = context;
  }

  get memory(): RegistrationMemory {
    return this.current;
  }

  /** Time is the cause: the event that opened the wait, and the correlation of the attempt. */
  byTime(): Cause {
    return {
      cause_id: this.current.opening_event_id,
      correlation_id: this.current.correlation_id,
      actor: systemActor,
    };
  }

  /** What opened the attempt is the cause: of the decision on it and of its offer. */
  byAttempt(): Cause {
    return { ...this.byTime(), cause_id: this.current.attempt_cause_id ?? this.current.opening_event_id };
  }

  /** The write of these steps. @param guardEpoch epoch the guard speaks of */
  change(guard: WriteGuard | null = null): Change {
    const { performance_metrics: metrics = null, ...memory } = this.current;
    return {
      steps: this.#steps,
      guard,
      guard_epoch: memory.epoch,
      facts: this.facts?.columns ?? null,
      performance_metrics: metrics,
      memory: { ...memory, performance_metrics: null },
    };
  }

  protected newEpoch(
    kind: 'epoch_start' | 'retry',
    cause: Cause,
    reason: string,
    factsHash: string | null,
    becomes: Partial<RegistrationMemory>,
  ): void {
    const { state, epoch, attempt_id, attempts, highest_epoch = 0 } = this.current;
    const attempt = this.#context.newId();
    const next = Math.max(epoch, highest_epoch) + 1;
    const known = { attempt_id: attempt, epoch: next, open_until: null };
    const supersedes = state === null ? null : { epoch, state, attempt_id };
    this.current = { ...this.current, epoch: next, version: 0 };
    this.step({
      kind,
      to: 'pending_registration',
      cause,
      event: eventOf('node.registration.initiated', { reason, supersedes, facts_hash: factsHash }),
      becomes: {
        attempt_id: attempt,
        attempts: [known, ...attempts].slice(0, rememberedAttempts),
        attempt_cause_id: cause.cause_id,
        attempt_opened_at: this.#context.now(),
        policy_revision: null,
        reason_code: null,
        rejection_reason: null,
        expiry_reason: null,
        withdrawn: false,
        last_beat_at: null,
        ...becomes,
      },
    });
  }

  protected refresh(
    cause: Cause,
    event: StepEvent,
    becomes: Partial<RegistrationMemory>,
    reasonCode: string | null = null,
  ): this {
    const { state } = this.current;
    // A row that is not there has nothing to refresh; the table refuses it like any other illegal step.
    return this.step({
      kind: 'refresh',
      to: state ?? 'pending_registration',
      cause,
      event,
      reason_code: reasonCode,
      becomes,
    });
  }

  /** @throws ND007 for a step outside the table */
  protected step({
    kind,
    to,
    cause,
    event,
    reason_code = null,
    retry_in_ms,
    incident_id = null,
    becomes = {},
  }: StepDetails): this {
    const { state: from, epoch, version } = this.current;
    if (!isLegalStep(kind, from, to)) throw new OmniBaseError('ND007', { details: { from, to, kind } });
    const ordering = { epoch, version: version + 1 };
    const id = eventId({
      workflow_id: this.#context.workflow_id,
      ...ordering,
      cause: cause.cause_id,
      to_state: to,
    });
    this.#steps.push({
      ordering,
      event_id: id,
      kind,
      from_state: from,
      to_state: to,
      ...cause,
      reason_code,
      retry_in_ms: retry_in_ms ?? null,
      event,
      incident_id,
    });
    const opens = openingEvents.has(event.type);
    this.current = {
      ...this.current,
      ...becomes,
      state: to,
      version: version + 1,
      opening_event_id: opens ? id : (becomes.opening_event_id ?? this.current.opening_event_id),
    };
    return this;
  }
}

/** Events that open a wait which time may end. */
const openingEvents: ReadonlySet<NodeEventType> = new Set<NodeEventType>([
  'node.registration.accepted',
  'node.registration.offered',
  'node.became_active',
  'node.registration.ack_timed_out',
]);

export function eventOf<T extends NodeEventType>(type: T, payload: Partial<NodeEventPayload<T>>): StepEvent<T> {
  return { type, payload };
}
