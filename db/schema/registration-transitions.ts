/**
 * Every step ever applied (registration.md 6.3), append-only. Its unique keys decide idempotency for good, its checks
 * refuse what the state table (registration.md 3.1) does not know: an illegal edge aborts the transaction it is in.
 */
import { sql } from 'drizzle-orm';
import { bigint, bigserial, check, index, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { TransitionRow } from '../../contracts/node/row.ts';
import { instant } from './column-types.ts';
import { domainText, registrationState } from './registration.ts';

export const registrationTransitions = pgTable(
  'registration_transitions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    entityId: uuid('entity_id').notNull(),
    domain: domainText('domain').notNull(),
    /** Null for imports, which have an order of their own. */
    epoch: bigint('epoch', { mode: 'number' }),
    version: bigint('version', { mode: 'number' }),
    kind: text('kind').$type<TransitionRow['kind']>().notNull(),
    /** Null for the first row of an entity. */
    fromState: registrationState('from_state'),
    toState: registrationState('to_state').notNull(),
    eventId: uuid('event_id').notNull(),
    causeId: uuid('cause_id'),
    correlationId: uuid('correlation_id'),
    attemptId: uuid('attempt_id'),
    actor: text('actor'),
    reasonCode: text('reason_code'),
    /** The effective deadline that passed. */
    deadlineAt: instant('deadline_at'),
    occurredAt: instant('occurred_at').notNull(),
  },
  (t) => [
    unique('registration_transitions_event').on(t.entityId, t.domain, t.eventId),
    unique('registration_transitions_order').on(t.entityId, t.domain, t.epoch, t.version),
    // One cause leads to one state once, whatever event id it was given.
    uniqueIndex('registration_transitions_cause')
      .on(t.entityId, t.domain, t.causeId, t.toState)
      .where(sql`kind <> 'import'`),
    // History of one node, newest first.
    index('registration_transitions_history').on(t.entityId, t.domain, t.id.desc().nullsFirst()),
    check('registration_transitions_kind_known', sql`kind in ('epoch_start', 'edge', 'retry', 'refresh', 'import')`),
    check(
      'registration_transitions_is_ordered',
      sql`case kind when 'import' then epoch is null and version is null else epoch >= 1 and version >= 1 and epoch is not null and version is not null end`,
    ),
    // The same pairs as `legalSteps()` of domain/registration/states; a test holds both together.
    check(
      'registration_transitions_pair_legal',
      sql`case kind
        when 'epoch_start' then to_state = 'pending_registration'
        when 'edge' then from_state is not null and (from_state, to_state) in (
          ('pending_registration', 'accepted'),
          ('pending_registration', 'rejected'),
          ('accepted', 'awaiting_ack'),
          ('awaiting_ack', 'ack_received'),
          ('awaiting_ack', 'ack_timed_out'),
          ('ack_received', 'active'),
          ('active', 'liveness_expired'))
        when 'retry' then from_state is not null and from_state = 'ack_timed_out' and to_state = 'pending_registration'
        when 'refresh' then from_state is not null and from_state = to_state and to_state not in ('rejected', 'liveness_expired')
        else true end`,
    ),
  ],
);
