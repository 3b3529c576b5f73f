/**
 * The newest telemetry of each node, and copies of what the hot path must know (registration.md 6.2). Every beat updates
 * one row here and nothing else: the primary key is the only index and half of each page stays free, so a beat is a
 * heap-only update that touches no index (`fillfactor`, in the migration). Rows are created with the first epoch, never
 * by a beat.
 */
import {
  bigint,
  doublePrecision,
  integer,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import type { NodeLivenessRow } from '../../contracts/node/row.ts';
import { instant } from './column-types.ts';
import { domainText, registrationState } from './registration.ts';

export const nodeLiveness = pgTable(
  'node_liveness',
  {
    entityId: uuid('entity_id').notNull(),
    domain: domainText('domain').notNull().default('registration'),
    /** Copies of the projection, written with every step. */
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    attemptId: uuid('attempt_id'),
    state: registrationState('state').notNull(),
    stateEnteredAt: instant('state_entered_at').notNull(),
    path: text('path').$type<NodeLivenessRow['path']>().notNull().default('gateway'),
    /** Last told, before jitter. */
    intervalMs: integer('interval_ms').notNull(),
    windowMs: integer('window_ms').notNull(),
    lastHeartbeatAt: instant('last_heartbeat_at'),
    beatsSinceActive: integer('beats_since_active').notNull().default(0),
    reportedStatus: text('reported_status').$type<NodeLivenessRow['reported_status']>(),
    /** Beats in a row that report another status than the stored one. */
    pendingStatusBeats: smallint('pending_status_beats').notNull().default(0),
    uptimeSeconds: doublePrecision('uptime_seconds'),
    activeOperationsCount: integer('active_operations_count'),
    memoryUsageMb: real('memory_usage_mb'),
    cpuUsagePercent: real('cpu_usage_percent'),
    nodeVersion: varchar('node_version', { length: 64 }),
    nodeSequence: bigint('node_sequence', { mode: 'number' }),
    /** The node's own clock: for people, never compared. */
    nodeClockAt: instant('node_clock_at'),
    /** Receipt: an ack for the open attempt arrived at the gateway. */
    ackCommandId: uuid('ack_command_id'),
    ackReceivedAt: instant('ack_received_at'),
    lastPokedAt: instant('last_poked_at'),
    introspectionRequestedAt: instant('introspection_requested_at'),
  },
  (t) => [primaryKey({ name: 'node_liveness_pkey', columns: [t.entityId, t.domain] })],
);
