/**
 * The projection of registered nodes (registration.md 6.1): one row per entity and domain, what everybody reads. Only
 * the projector (`db/stores/registration/projector`) writes it.
 *
 * Times have milliseconds, so that memory and database compare the same instants. The row checks speak of rows of a
 * workflow only: feeds describe nodes managed elsewhere and may skip facts.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  char,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import type { NodeRow } from '../../contracts/node/row.ts';
import { registrationStates } from '../../contracts/node/vocabulary.ts';
import { instant } from './column-types.ts';

export const registrationState = pgEnum('registration_state', registrationStates);

/** In byte order, so that keyset pages and memory agree on what comes next. */
export const domainText = customType<{ data: string }>({ dataType: () => 'varchar(128) COLLATE "C"' });

const emptyObject = sql`'{}'::jsonb`;
const emptyList = sql`'[]'::jsonb`;
const noTexts = sql`'{}'::text[]`;

export const registrationProjections = pgTable(
  'registration_projections',
  {
    entityId: uuid('entity_id').notNull(),
    domain: domainText('domain').notNull().default('registration'),
    currentState: registrationState('current_state').notNull(),
    stateEnteredAt: instant('state_entered_at').notNull(),
    nodeType: varchar('node_type', { length: 64 }).$type<NodeRow['node_type']>().notNull(),
    nodeVersion: varchar('node_version', { length: 64 }).notNull().default('1.0.0'),
    nodeName: text('node_name'),
    componentId: uuid('component_id'),
    componentRef: text('component_ref'),
    instanceId: varchar('instance_id', { length: 128 }),
    capabilities: jsonb('capabilities').$type<NodeRow['capabilities']>().notNull().default(emptyObject),
    capabilitySources: jsonb('capability_sources')
      .$type<NodeRow['capability_sources']>()
      .notNull()
      .default(emptyObject),
    /** Null = no contract given; `unknown` = given, but not determinable. */
    contractType: text('contract_type').$type<NodeRow['contract_type']>(),
    contractVersion: text('contract_version'),
    intentTypes: text('intent_types').array().notNull().default(noTexts),
    protocols: text('protocols').array().notNull().default(noTexts),
    capabilityTags: text('capability_tags').array().notNull().default(noTexts),
    subscribeTopics: jsonb('subscribe_topics').$type<readonly string[]>().notNull().default(emptyList),
    publishTopics: jsonb('publish_topics').$type<readonly string[]>().notNull().default(emptyList),
    endpoints: jsonb('endpoints').$type<NodeRow['endpoints']>().notNull().default(emptyObject),
    metadata: jsonb('metadata').$type<NodeRow['metadata']>().notNull().default(emptyObject),
    featureFlags: jsonb('feature_flags').$type<NodeRow['feature_flags']>().notNull().default(emptyObject),
    performanceMetrics: jsonb('performance_metrics').$type<NodeRow['performance_metrics']>(),
    factsHash: char('facts_hash', { length: 64 }),
    policyRevision: text('policy_revision'),
    path: text('path').$type<NodeRow['path']>().notNull().default('gateway'),
    /** The order of the row: epochs count from 1 for ever, versions inside an epoch. */
    epoch: bigint('epoch', { mode: 'number' }).notNull().default(0),
    version: bigint('version', { mode: 'number' }).notNull().default(0),
    attemptId: uuid('attempt_id'),
    attemptNumber: integer('attempt_number').notNull().default(0),
    attemptStartedAt: instant('attempt_started_at'),
    nextRetryAt: instant('next_retry_at'),
    ackDeadline: instant('ack_deadline'),
    /** Coarse copy of the truth in `node_liveness`: never later than it. */
    livenessDeadline: instant('liveness_deadline'),
    /** Coarse copy as well. */
    lastHeartbeatAt: instant('last_heartbeat_at'),
    /** Markers: the time-out of this epoch was announced. */
    ackTimeoutEmittedAt: instant('ack_timeout_emitted_at'),
    livenessTimeoutEmittedAt: instant('liveness_timeout_emitted_at'),
    reportedStatus: text('reported_status').$type<NodeRow['reported_status']>(),
    reasonCode: text('reason_code'),
    rejectionReason: text('rejection_reason'),
    expiryReason: text('expiry_reason').$type<NodeRow['expiry_reason']>(),
    flapCount: integer('flap_count').notNull().default(0),
    flapPeriodStartedAt: instant('flap_period_started_at'),
    flappingUntil: instant('flapping_until'),
    /** Who owns the row, fixed at insert. */
    orderingMode: text('ordering_mode').$type<NodeRow['ordering_mode']>().notNull().default('workflow'),
    lastAppliedEventId: uuid('last_applied_event_id').notNull(),
    lastAppliedSequence: bigint('last_applied_sequence', { mode: 'number' }),
    lastAppliedOffset: bigint('last_applied_offset', { mode: 'number' }).notNull().default(0),
    lastAppliedPartition: varchar('last_applied_partition', { length: 128 }),
    correlationId: uuid('correlation_id'),
    dataProvenance: text('data_provenance').$type<NodeRow['data_provenance']>().notNull().default('unknown'),
    registeredAt: instant('registered_at').notNull(),
    /** Changes with a step only, never with a beat: lists by it stay still. */
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    // One entity may be registered in several domains: nothing else is unique.
    primaryKey({ name: 'registration_projections_pkey', columns: [t.entityId, t.domain] }),
    // Coarse scans of the sweep over either deadline.
    index('idx_registration_ack_deadline').on(t.ackDeadline).where(sql`ack_deadline is not null`),
    index('idx_registration_liveness_deadline').on(t.livenessDeadline).where(sql`liveness_deadline is not null`),
    // `countByState` and lists of one state, over all domains and within one.
    index('idx_registration_current_state').on(t.currentState),
    index('idx_registration_domain_state').on(t.domain, t.currentState),
    // "Which row did this event make?"
    index('idx_registration_last_event_id').on(t.lastAppliedEventId),
    // `getByCapability`: containment of a JSON fragment.
    index('idx_registration_capabilities').using('gin', t.capabilities),
    // Overdue offers and overdue nodes that nobody announced yet.
    index('idx_registration_ack_timeout_scan')
      .on(t.ackDeadline, t.ackTimeoutEmittedAt)
      .where(sql`ack_deadline is not null and ack_timeout_emitted_at is null`),
    index('idx_registration_liveness_timeout_scan')
      .on(t.currentState, t.livenessDeadline, t.livenessTimeoutEmittedAt)
      .where(sql`current_state = 'active' and liveness_deadline is not null and liveness_timeout_emitted_at is null`),
    // Order H of lists (registration.md 8), over everything and within a state.
    index('idx_registration_updated_at').on(t.updatedAt.desc().nullsFirst(), t.entityId),
    index('idx_registration_state_updated_at').on(t.currentState, t.updatedAt.desc().nullsFirst(), t.entityId),
    // `getByContractType`.
    index('idx_registration_contract_type_state').on(t.contractType, t.currentState),
    // The capability queries: array contains, array overlap, topic in list.
    index('idx_registration_capability_tags').using('gin', t.capabilityTags),
    index('idx_registration_intent_types').using('gin', t.intentTypes),
    index('idx_registration_protocols').using('gin', t.protocols),
    index('idx_registration_projections_subscribe_topics').using('gin', t.subscribeTopics),
    index('idx_registration_projections_publish_topics').using('gin', t.publishTopics),
    check('registration_projections_domain_given', sql`length(domain) >= 1`),
    check(
      'registration_projections_node_type_known',
      sql`node_type in ('effect', 'compute', 'reducer', 'orchestrator')`,
    ),
    check(
      'registration_projections_contract_type_known',
      sql`contract_type in ('effect', 'compute', 'reducer', 'orchestrator', 'unknown')`,
    ),
    check('registration_projections_path_known', sql`path in ('gateway', 'signal')`),
    check('registration_projections_epoch_not_negative', sql`epoch >= 0`),
    check('registration_projections_version_not_negative', sql`version >= 0`),
    check('registration_projections_sequence_not_negative', sql`last_applied_sequence >= 0`),
    check('registration_projections_offset_not_negative', sql`last_applied_offset >= 0`),
    check(
      'registration_projections_reported_status_known',
      sql`reported_status in ('healthy', 'degraded', 'unhealthy')`,
    ),
    check('registration_projections_rejection_reason_length', sql`length(rejection_reason) between 1 and 1024`),
    check(
      'registration_projections_expiry_reason_known',
      sql`expiry_reason in ('missed_heartbeats', 'deregistered', 'operator')`,
    ),
    check('registration_projections_ordering_mode_known', sql`ordering_mode in ('workflow', 'sequence', 'offset')`),
    check(
      'registration_projections_provenance_known',
      sql`data_provenance in ('demo', 'imported', 'measured', 'estimated', 'unknown')`,
    ),
    check(
      'registration_projections_ack_is_watched',
      sql`ordering_mode <> 'workflow' or current_state not in ('accepted', 'awaiting_ack') or ack_deadline is not null`,
    ),
    check(
      'registration_projections_liveness_is_watched',
      sql`ordering_mode <> 'workflow' or current_state <> 'active' or liveness_deadline is not null`,
    ),
    check(
      'registration_projections_ack_timeout_is_marked',
      sql`ordering_mode <> 'workflow' or current_state <> 'ack_timed_out' or ack_timeout_emitted_at is not null`,
    ),
    check(
      'registration_projections_expiry_is_marked',
      sql`ordering_mode <> 'workflow' or current_state <> 'liveness_expired' or (liveness_timeout_emitted_at is not null and expiry_reason is not null)`,
    ),
    check(
      'registration_projections_rejection_has_reason',
      sql`ordering_mode <> 'workflow' or current_state <> 'rejected' or rejection_reason is not null`,
    ),
  ],
);
