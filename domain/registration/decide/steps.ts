/**
 * The steps of the table (registration.md 3.2), one method per row. A draft takes a memory through them: each step is
 * one version with its event, its cause and its correlation (registration.md 5). Times are not here: they follow from
 * the step, on the clock of the database, when it is written.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { NodeEventPayload, NodeEventType } from '../../../contracts/event.ts';
import type { Introspection } from '../../../contracts/node/messages.ts';
import type { RegistrationStep, StepEvent, WriteGuard } from '../../../contracts/node/projection.ts';
import type {
  ExpiryReason,
  NodeType,
  RegistrationState,
  ReportedStatus,
  TransitionKind,
} from '../../../contracts/node/vocabulary.ts';
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { type DerivedFacts, factsHash } from '../facts.ts';
import { eventId } from '../ids.ts';
import { rememberedAttempts, withdrawnCode } from '../memory.ts';
import { isLegalStep } from '../states.ts';
import type { Change, DecideContext, IntrospectInput } from './types.ts';

/** What a step is caused by: a message names itself, time names the event that opened the wait. */
export interface Cause {
  readonly cause_id: string | null;
  readonly correlation_id: string | null;
  readonly actor: string;
}

/** Speaks where nobody else does: policy, deadlines, offers. */
export const systemActor = 'system:registration';
export const withdrawn = withdrawnCode;

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

export class StepDraft {
  #memory: RegistrationMemory;
  readonly #steps: RegistrationStep[] = [];
  readonly #context: DecideContext;
  #facts: DerivedFacts | null = null;

  constructor(memory: RegistrationMemory, context: DecideContext) {
    this.#memory = memory;
    this.#context = context;
  }

  get memory(): RegistrationMemory {
    return this.#memory;
  }

  /** Time is the cause: the event that opened the wait, and the correlation of the attempt. */
  byTime(): Cause {
    return {
      cause_id: this.#memory.opening_event_id,
      correlation_id: this.#memory.correlation_id,
      actor: systemActor,
    };
  }

  /** What opened the attempt is the cause: of the decision on it and of its offer. */
  byAttempt(): Cause {
    return { ...this.byTime(), cause_id: this.#memory.attempt_cause_id ?? this.#memory.opening_event_id };
  }

  /** ES: whatever attempt was there ends, and another begins with these facts. */
  epochStart({ message, facts, path }: IntrospectInput, cause: Cause): this {
    const before = this.#memory;
    this.#facts = facts;
    this.#newEpoch('epoch_start', cause, message.reason, facts.facts_hash, {
      attempt_number: 1,
      ...identityOf(facts),
      reported_status: message.status,
      path,
      correlation_id: message.correlation_id,
      ...factsMembers(message, facts),
      performance_metrics: message.performance_metrics ?? before.performance_metrics ?? null,
    });
    return this;
  }

  /** E6: another attempt of the same series, with the facts that are stored. */
  retry(): this {
    const { attempt_number, facts_hash } = this.#memory;
    this.#newEpoch('retry', this.byTime(), 'retry', facts_hash, { attempt_number: attempt_number + 1 });
    return this;
  }

  /** E1. */
  accept(policyRevision: string): this {
    const event = eventOf('node.registration.accepted', { policy_revision: policyRevision });
    return this.#step({
      kind: 'edge',
      to: 'accepted',
      cause: this.byAttempt(),
      event,
      becomes: { policy_revision: policyRevision },
    });
  }

  /** E2, by the policy or by withdrawal. */
  reject(cause: Cause, code: string, reason: string, policyRevision: string | null = null): this {
    const event = eventOf('node.registration.rejected', { reason_code: code, rejection_reason: reason });
    return this.#step({
      kind: 'edge',
      to: 'rejected',
      cause,
      event,
      reason_code: code,
      becomes: {
        reason_code: code,
        rejection_reason: reason,
        policy_revision: policyRevision ?? this.#memory.policy_revision,
        withdrawn: code === withdrawn,
      },
    });
  }

  /** E3. */
  offer(delivery: NodeEventPayload<'node.registration.offered'>['delivery'], cause: Cause = this.byAttempt()): this {
    return this.#step({
      kind: 'edge',
      to: 'awaiting_ack',
      cause,
      event: eventOf('node.registration.offered', { delivery }),
    });
  }

  /** E3 where the offer was not made known yet. */
  offerIfNeeded(): this {
    return this.#memory.state === 'accepted' ? this.offer('poll') : this;
  }

  /** E4 and E7. */
  activate(cause: Cause, commandId: string | null): this {
    const attempt = this.#memory.attempt_id;
    this.#step({
      kind: 'edge',
      to: 'ack_received',
      cause,
      event: eventOf('node.registration.ack_received', { command_id: commandId }),
      becomes: {
        // Acknowledged: its window says nothing any more.
        attempts: this.#memory.attempts.map((known) =>
          known.attempt_id === attempt ? { ...known, open_until: null } : known,
        ),
      },
    });
    return this.becomeActive(cause);
  }

  /** E7. */
  becomeActive(cause: Cause): this {
    return this.#step({
      kind: 'edge',
      to: 'active',
      cause,
      event: eventOf('node.became_active', {}),
      becomes: { last_beat_at: null },
    });
  }

  /** E5. @param retryInMs null when no attempt is left or the node withdrew */
  timeOut(
    cause: Cause,
    reason: 'deadline' | 'withdrawn',
    previous: 'accepted' | 'awaiting_ack',
    retryInMs: number | null,
  ) {
    const event = eventOf('node.registration.ack_timed_out', {
      previous_state: previous,
      reason,
      will_retry: retryInMs !== null,
    });
    return this.#step({
      kind: 'edge',
      to: 'ack_timed_out',
      cause,
      event,
      reason_code: reason,
      ...(retryInMs === null ? {} : { retry_in_ms: retryInMs }),
      becomes: { reason_code: reason, withdrawn: reason === 'withdrawn' },
    });
  }

  /** E8. */
  expire(cause: Cause, reason: ExpiryReason, incidentId: string | null = null): this {
    return this.#step({
      kind: 'edge',
      to: 'liveness_expired',
      cause,
      event: eventOf('node.liveness_expired', { expiry_reason: reason }),
      reason_code: reason,
      incident_id: incidentId,
      becomes: { expiry_reason: reason },
    });
  }

  /** Refresh: other facts or another reported status by introspection, the same epoch. */
  changeFacts({ message, facts, path }: IntrospectInput, cause: Cause, policyRevision: string): this {
    const { reported_status: previous, facts_hash_without_status: known } = this.#memory;
    const members = factsMembers(message, facts);
    const current = message.status ?? previous;
    const onlyHealth = members.facts_hash_without_status === known && current !== null && current !== previous;
    this.#facts = facts;
    const event = onlyHealth
      ? eventOf('node.health_changed', { previous, current, first: false })
      : eventOf('node.facts_changed', {});
    return this.#refresh(cause, event, {
      ...identityOf(facts),
      ...members,
      path,
      policy_revision: policyRevision,
      reported_status: current,
      performance_metrics: message.performance_metrics ?? this.#memory.performance_metrics ?? null,
    });
  }

  /** Refresh: a beat that was the first, or said another status. */
  changeHealth(cause: Cause, current: ReportedStatus, first: boolean, receivedAt: string): this {
    const { reported_status: previous } = this.#memory;
    return this.#refresh(cause, eventOf('node.health_changed', { previous, current, first }), {
      reported_status: current,
      last_beat_at: receivedAt,
    });
  }

  /** Refresh: the node withdrew while a retry was due, so none follows. */
  dropRetry(cause: Cause): this {
    const event = eventOf('node.facts_changed', { changed: ['next_retry_at'] });
    return this.#refresh(cause, event, { withdrawn: true, reason_code: withdrawn }, withdrawn);
  }

  /** Refresh that says nothing new: it brings a row that was restored up to what is known here. */
  heal(): this {
    return this.#refresh(this.byTime(), eventOf('node.facts_changed', { changed: [] }), {});
  }

  /** The write of these steps. @param guardEpoch epoch the guard speaks of */
  change(guard: WriteGuard | null = null): Change {
    const { performance_metrics: metrics = null, ...memory } = this.#memory;
    return {
      steps: this.#steps,
      guard,
      guard_epoch: memory.epoch,
      facts: this.#facts?.columns ?? null,
      performance_metrics: metrics,
      memory: { ...memory, performance_metrics: null },
    };
  }

  #newEpoch(
    kind: 'epoch_start' | 'retry',
    cause: Cause,
    reason: string,
    factsHash: string | null,
    becomes: Partial<RegistrationMemory>,
  ): void {
    const { state, epoch, attempt_id, attempts } = this.#memory;
    const attempt = this.#context.newId();
    const known = { attempt_id: attempt, epoch: epoch + 1, open_until: null };
    const supersedes = state === null ? null : { epoch, state, attempt_id };
    this.#memory = { ...this.#memory, epoch: epoch + 1, version: 0 };
    this.#step({
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

  #refresh(
    cause: Cause,
    event: StepEvent,
    becomes: Partial<RegistrationMemory>,
    reasonCode: string | null = null,
  ): this {
    const { state } = this.#memory;
    // A row that is not there has nothing to refresh; the table refuses it like any other illegal step.
    return this.#step({
      kind: 'refresh',
      to: state ?? 'pending_registration',
      cause,
      event,
      reason_code: reasonCode,
      becomes,
    });
  }

  /** @throws ND007 for a step outside the table */
  #step({
    kind,
    to,
    cause,
    event,
    reason_code = null,
    retry_in_ms,
    incident_id = null,
    becomes = {},
  }: StepDetails): this {
    const { state: from, epoch, version } = this.#memory;
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
    this.#memory = {
      ...this.#memory,
      ...becomes,
      state: to,
      version: version + 1,
      opening_event_id: opens ? id : (becomes.opening_event_id ?? this.#memory.opening_event_id),
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

function eventOf<T extends NodeEventType>(type: T, payload: Partial<NodeEventPayload<T>>): StepEvent<T> {
  return { type, payload };
}

function factsMembers(message: Introspection, { facts_hash, columns }: DerivedFacts) {
  return {
    facts_hash,
    facts_hash_without_status: message.status === null ? facts_hash : factsHash({ ...message, status: null }),
    has_control: columns.endpoints['control'] !== undefined,
  } satisfies Partial<RegistrationMemory>;
}

function identityOf({ columns }: DerivedFacts): {
  readonly node_type: NodeType;
  readonly node_version: string;
  readonly node_name: string | null;
  readonly component_ref: string | null;
  readonly instance_id: string | null;
} {
  const { node_type, node_version, node_name, component_ref, component_id, instance_id } = columns;
  return { node_type, node_version, node_name, component_ref: component_ref ?? component_id, instance_id };
}
