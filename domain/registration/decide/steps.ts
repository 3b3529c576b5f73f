/** The steps of the table (registration.md 3.2), one method per row. Times are not here: the database adds them. */
import type { NodeEventPayload } from '../../../contracts/event.ts';
import type { Introspection } from '../../../contracts/node/messages.ts';
import type { ExpiryReason, NodeType, ReportedStatus } from '../../../contracts/node/vocabulary.ts';
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { type DerivedFacts, factsHash } from '../facts.ts';
import { withdrawnCode } from '../memory.ts';
import { type Cause, DraftBase, eventOf } from './draft.ts';
import type { IntrospectInput } from './types.ts';

export class StepDraft extends DraftBase {
  /** ES: whatever attempt was there ends, and another begins with these facts. */
  epochStart({ message, facts, path }: IntrospectInput, cause: Cause): this {
    const before = this.current;
    this.facts = facts;
    this.newEpoch('epoch_start', cause, message.reason, facts.facts_hash, {
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
    const { attempt_number, facts_hash } = this.current;
    this.newEpoch('retry', this.byTime(), 'retry', facts_hash, { attempt_number: attempt_number + 1 });
    return this;
  }

  /** E1. */
  accept(policyRevision: string): this {
    const event = eventOf('node.registration.accepted', { policy_revision: policyRevision });
    return this.step({
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
    return this.step({
      kind: 'edge',
      to: 'rejected',
      cause,
      event,
      reason_code: code,
      becomes: {
        reason_code: code,
        rejection_reason: reason,
        policy_revision: policyRevision ?? this.current.policy_revision,
        withdrawn: code === withdrawnCode,
      },
    });
  }

  /** E3. */
  offer(delivery: NodeEventPayload<'node.registration.offered'>['delivery'], cause: Cause = this.byAttempt()): this {
    return this.step({
      kind: 'edge',
      to: 'awaiting_ack',
      cause,
      event: eventOf('node.registration.offered', { delivery }),
    });
  }

  /** E3 where the offer was not made known yet. */
  offerIfNeeded(): this {
    return this.current.state === 'accepted' ? this.offer('poll') : this;
  }

  /** E4 and E7. */
  activate(cause: Cause, commandId: string | null): this {
    const attempt = this.current.attempt_id;
    this.step({
      kind: 'edge',
      to: 'ack_received',
      cause,
      event: eventOf('node.registration.ack_received', { command_id: commandId }),
      becomes: {
        // Acknowledged: its window says nothing any more.
        attempts: this.current.attempts.map((known) =>
          known.attempt_id === attempt ? { ...known, open_until: null } : known,
        ),
      },
    });
    return this.becomeActive(cause);
  }

  /** E7. */
  becomeActive(cause: Cause): this {
    return this.step({
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
    return this.step({
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
    return this.step({
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
    const { reported_status: previous, facts_hash_without_status: known } = this.current;
    const members = factsMembers(message, facts);
    const current = message.status ?? previous;
    const onlyHealth = members.facts_hash_without_status === known && current !== null && current !== previous;
    this.facts = facts;
    const event = onlyHealth
      ? eventOf('node.health_changed', { previous, current, first: false })
      : eventOf('node.facts_changed', {});
    return this.refresh(cause, event, {
      ...identityOf(facts),
      ...members,
      path,
      policy_revision: policyRevision,
      reported_status: current,
      performance_metrics: message.performance_metrics ?? this.current.performance_metrics ?? null,
    });
  }

  /** Refresh: a beat that was the first, or said another status. */
  changeHealth(cause: Cause, current: ReportedStatus, first: boolean, receivedAt: string): this {
    const { reported_status: previous } = this.current;
    return this.refresh(cause, eventOf('node.health_changed', { previous, current, first }), {
      reported_status: current,
      last_beat_at: receivedAt,
    });
  }

  /** Refresh: the node withdrew while a retry was due, so none follows. */
  dropRetry(cause: Cause): this {
    const event = eventOf('node.facts_changed', { changed: ['next_retry_at'] });
    return this.refresh(cause, event, { withdrawn: true, reason_code: withdrawnCode }, withdrawnCode);
  }

  /**
   * Refresh that says nothing new: it brings a row that was restored up to what is known here. It names no cause: one
   * cause leads to a state once, and a row may be restored more than once in the same wait.
   */
  heal(): this {
    return this.refresh({ ...this.byTime(), cause_id: null }, eventOf('node.facts_changed', { changed: [] }), {});
  }
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
