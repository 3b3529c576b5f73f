/**
 * Writes of one node as its workflow makes them, without a workflow: each call is the next write of the state table. The
 * object remembers where the node stands, so that a test can also send a write twice, late or never.
 */
import { randomUUID } from 'node:crypto';
import type { NodeEventType } from '../../../../../contracts/event.ts';
import { introspectionSchema } from '../../../../../contracts/node/messages.ts';
import type {
  RegistrationStep,
  RegistrationWrite,
  RowImage,
  StepEvent,
} from '../../../../../contracts/node/projection.ts';
import type { FactsColumns } from '../../../../../contracts/node/row.ts';
import type { RegistrationState, ReportedStatus, TransitionKind } from '../../../../../contracts/node/vocabulary.ts';
import { deriveFacts } from '../../../../../domain/registration/facts.ts';
import { eventId, registrationWorkflowId } from '../../../../../domain/registration/ids.ts';

export interface StepSpec {
  readonly kind?: TransitionKind;
  readonly to: RegistrationState;
  readonly event: NodeEventType | null;
  readonly payload?: StepEvent['payload'];
  readonly cause?: string | null;
  readonly retry_in_ms?: number;
  readonly reason_code?: string;
  readonly incident_id?: string;
}

export interface Facts {
  readonly hash: string;
  readonly columns: FactsColumns;
}

/** Facts of an introspection with these members. */
export function factsOf(members: Readonly<Record<string, unknown>> = {}): Facts {
  const message = introspectionSchema.parse({
    correlation_id: randomUUID(),
    node_id: randomUUID(),
    node_type: 'effect',
    node_name: 'pump',
    timestamp: '2026-01-01T00:00:00Z',
    contract_capabilities: { contract_type: 'effect', intent_types: ['postgres.write'], protocols: ['EventBus'] },
    endpoints: { control: 'http://127.0.0.1:9' },
    ...members,
  });
  const { node_name = null, status = null, instance_id = null, component = null } = message;
  const { facts_hash, columns } = deriveFacts({
    ...message,
    node_name,
    status,
    instance_id,
    component,
    message_id: randomUUID(),
    reason: 'startup',
  });
  return { hash: facts_hash, columns };
}

export interface LifecycleOf {
  readonly domain?: string;
  readonly facts?: Facts;
  readonly entity_id?: string;
}

export class Lifecycle {
  readonly entity_id: string;
  readonly domain: string;
  facts: Facts;
  state: RegistrationState | null = null;
  epoch = 0;
  version = 0;
  attempt_id: string = randomUUID();
  attempt_number = 1;
  readonly correlation_id = randomUUID();
  opening: string | null = null;

  constructor({ domain = 'registration', facts = factsOf(), entity_id = randomUUID() }: LifecycleOf = {}) {
    this.entity_id = entity_id;
    this.domain = domain;
    this.facts = facts;
  }

  /** ES. */
  introspect(image: Partial<RowImage> = {}, cause: string = randomUUID()): RegistrationWrite {
    this.#newEpoch();
    this.attempt_number = 1;
    return this.write(
      [
        {
          kind: 'epoch_start',
          to: 'pending_registration',
          event: 'node.registration.initiated',
          payload: { reason: 'startup' },
          cause,
        },
      ],
      this.#facts(image),
    );
  }

  /** E1 + E3. */
  offer(): RegistrationWrite {
    return this.write([
      { to: 'accepted', event: 'node.registration.accepted' },
      { to: 'awaiting_ack', event: 'node.registration.offered', payload: { delivery: 'answer' } },
    ]);
  }

  /** E4 + E7. */
  activate(command: string = randomUUID()): RegistrationWrite {
    return this.write([
      { to: 'ack_received', event: 'node.registration.ack_received', payload: { command_id: command }, cause: command },
      { to: 'active', event: 'node.became_active', cause: command },
    ]);
  }

  /** E5. */
  timeOut(retryInMs?: number): RegistrationWrite {
    return this.write([
      {
        to: 'ack_timed_out',
        event: 'node.registration.ack_timed_out',
        payload: { reason: 'deadline' },
        ...(retryInMs === undefined ? {} : { retry_in_ms: retryInMs }),
      },
    ]);
  }

  /** E6. */
  retry(): RegistrationWrite {
    this.#newEpoch();
    this.attempt_number += 1;
    return this.write([
      { kind: 'retry', to: 'pending_registration', event: 'node.registration.initiated', payload: { reason: 'retry' } },
    ]);
  }

  /** E8. */
  expire(expiry_reason: RowImage['expiry_reason'] = 'missed_heartbeats'): RegistrationWrite {
    return this.write(
      [{ to: 'liveness_expired', event: 'node.liveness_expired', reason_code: expiry_reason ?? 'none' }],
      {
        expiry_reason,
      },
    );
  }

  /** E2. */
  reject(rejection_reason = 'the domain is closed'): RegistrationWrite {
    return this.write([{ to: 'rejected', event: 'node.registration.rejected' }], {
      reason_code: 'domain_closed',
      rejection_reason,
    });
  }

  /** Refresh by a beat. */
  changeHealth(reported_status: ReportedStatus, first = false): RegistrationWrite {
    return this.write(
      [
        {
          kind: 'refresh',
          to: this.state ?? 'active',
          event: 'node.health_changed',
          payload: { current: reported_status, first },
          cause: randomUUID(),
        },
      ],
      { reported_status },
    );
  }

  /** Refresh by an introspection. */
  changeFacts(facts: Facts): RegistrationWrite {
    this.facts = facts;
    return this.write(
      [{ kind: 'refresh', to: this.state ?? 'active', event: 'node.facts_changed', cause: randomUUID() }],
      this.#facts({}),
    );
  }

  /** Any steps, with what the row is after the last of them. */
  write(specs: readonly StepSpec[], image: Partial<RowImage> = {}): RegistrationWrite {
    const steps = specs.map((spec) => this.#step(spec));
    const { node_type, node_version, node_name, instance_id } = this.facts.columns;
    return {
      entity_id: this.entity_id,
      domain: this.domain,
      steps,
      row: {
        current_state: this.state ?? 'pending_registration',
        epoch: this.epoch,
        version: this.version,
        attempt_id: this.attempt_id,
        attempt_number: this.attempt_number,
        node_type,
        node_version,
        node_name,
        instance_id,
        facts_hash: this.facts.hash,
        facts: null,
        performance_metrics: null,
        policy_revision: 'test-1',
        path: 'gateway',
        reported_status: null,
        reason_code: null,
        rejection_reason: null,
        expiry_reason: null,
        correlation_id: this.correlation_id,
        ...image,
      },
    };
  }

  /** The node as another incarnation of its workflow would know it now. */
  copy(): Lifecycle {
    const other = new Lifecycle({ domain: this.domain, facts: this.facts, entity_id: this.entity_id });
    return Object.assign(other, {
      state: this.state,
      epoch: this.epoch,
      version: this.version,
      attempt_id: this.attempt_id,
      attempt_number: this.attempt_number,
      opening: this.opening,
    });
  }

  #newEpoch(): void {
    this.epoch += 1;
    this.version = 0;
    this.attempt_id = randomUUID();
  }

  #facts(image: Partial<RowImage>): Partial<RowImage> {
    return { facts: this.facts.columns, facts_hash: this.facts.hash, ...image };
  }

  #step({ kind = 'edge', to, event, payload = {}, cause = this.opening, ...rest }: StepSpec): RegistrationStep {
    this.version += 1;
    const ordering = { epoch: this.epoch, version: this.version };
    const id = eventId({
      workflow_id: registrationWorkflowId(this.domain, this.entity_id),
      ...ordering,
      cause,
      to_state: to,
    });
    const from_state = this.state;
    this.state = to;
    if (kind === 'edge') this.opening = id;
    return {
      ordering,
      event_id: id,
      kind,
      from_state,
      to_state: to,
      cause_id: cause,
      correlation_id: this.correlation_id,
      actor: `node:${this.entity_id}`,
      reason_code: rest.reason_code ?? null,
      retry_in_ms: rest.retry_in_ms ?? null,
      event: event === null ? null : { type: event, payload },
      incident_id: rest.incident_id ?? null,
    };
  }
}
