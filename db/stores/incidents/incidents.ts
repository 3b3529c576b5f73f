/**
 * Incidents (architecture.md "Shared shapes"): at most one is open per kind, which a unique index holds whoever sweeps.
 * Row and event are one transaction: nobody hears of an incident that is not there.
 */
import { randomUUID } from 'node:crypto';
import { type FleetEventType, outboxChannel } from '../../../contracts/event.ts';
import { buildFleetEvent } from '../../../domain/incidents/fleet-event.ts';
import type { Database } from '../../client.ts';
import { inTransaction, type Row, type Statement } from '../../transaction.ts';
import {
  integer,
  nullable,
  readColumns,
  type Readers,
  text,
  texts,
  time,
} from '../registration/projector/read-columns.ts';

export interface OpenIncident {
  readonly id: string;
  /** RFC 3339. */
  readonly opened_at: string;
  /** By the database's clock. */
  readonly age_ms: number;
}

export interface IncidentExtent {
  /** How many are watched. */
  readonly monitored: number;
  readonly affected: number;
  /** At most 20 ids. */
  readonly sample: readonly string[];
}

interface IncidentRow {
  readonly id: string;
  readonly opened_at: string;
  readonly closed_at: string | null;
  readonly monitored_count: number;
  readonly affected_count: number;
  readonly sample: readonly string[];
}

const readers: Readers<IncidentRow> = {
  id: text,
  opened_at: time,
  closed_at: nullable(time),
  monitored_count: integer,
  affected_count: integer,
  sample: texts,
};
const columns = Object.keys(readers).join(', ');

export async function findOpenIncident(database: Database, kind: string): Promise<OpenIncident | null> {
  const { rows } = await database.pool.query<{ id: string; opened_at: Date; age_ms: number }>({
    name: 'find_open_incident',
    text: `SELECT id, opened_at, (extract(epoch FROM statement_timestamp() - opened_at) * 1000)::float8 AS age_ms
             FROM incidents WHERE kind = $1 AND closed_at IS NULL`,
    values: [kind],
  });
  const [row] = rows;
  return row === undefined ? null : { ...row, opened_at: row.opened_at.toISOString() };
}

/** Opens one and announces it; null when another sweep has opened one meanwhile. */
export async function openIncident(
  database: Database,
  kind: string,
  { monitored, affected, sample }: IncidentExtent,
): Promise<OpenIncident | null> {
  const row = await change(database, 'fleet.incident_opened', {
    text: `INSERT INTO incidents (kind, opened_at, monitored_count, affected_count, sample)
           VALUES ($1, clock_timestamp(), $2, $3, $4)
           ON CONFLICT (kind) WHERE closed_at IS NULL DO NOTHING RETURNING ${columns}`,
    values: [kind, monitored, affected, sample],
  });
  return row === null ? null : { id: row.id, opened_at: row.opened_at, age_ms: 0 };
}

/** Keeps the largest extent an open incident had. */
export async function noteExtent(database: Database, id: string, extent: IncidentExtent): Promise<void> {
  await database.pool.query({
    name: 'note_incident_extent',
    text: `UPDATE incidents SET affected_count = $2, monitored_count = greatest(monitored_count, $3), sample = $4
            WHERE id = $1 AND closed_at IS NULL AND affected_count < $2`,
    values: [id, extent.affected, extent.monitored, extent.sample],
  });
}

/** Closes it and announces that; false when it was closed already. */
export async function closeIncident(database: Database, id: string): Promise<boolean> {
  const row = await change(database, 'fleet.incident_closed', {
    text: `UPDATE incidents SET closed_at = clock_timestamp() WHERE id = $1 AND closed_at IS NULL RETURNING ${columns}`,
    values: [id],
  });
  return row !== null;
}

/** Two flights: the event needs what the row has become. */
async function change(database: Database, type: FleetEventType, statement: Statement): Promise<IncidentRow | null> {
  return inTransaction(database.pool, async (transaction) => {
    const [changed] = await transaction.flight([statement]);
    const [values] = changed ?? [];
    if (values === undefined) return null;
    const row = incidentOf(values);
    await transaction.commit([announcement(type, row), { text: `SELECT pg_notify($1, '')`, values: [outboxChannel] }]);
    return row;
  });
}

function incidentOf(values: Row): IncidentRow {
  const read = readColumns(readers, values);
  if (!read.ok) throw new Error(`an incident has no readable ${read.path}`);
  return read.row;
}

function announcement(type: FleetEventType, row: IncidentRow): Statement {
  const event = buildFleetEvent({
    event_id: randomUUID(),
    type,
    occurred_at: row.closed_at ?? row.opened_at,
    incident_id: row.id,
    actor: 'system:sweep',
    payload: {
      count: row.affected_count,
      fleet: row.monitored_count,
      sample: [...row.sample],
      from: row.opened_at,
      to: row.closed_at,
    },
  });
  return {
    text: `INSERT INTO outbox (class, topic, type, event_id, subject_kind, subject_id, payload)
           VALUES ('event', 'nodes', $1, $2, 'fleet', $3, $4)`,
    values: [type, event.event_id, row.id, JSON.stringify(event)],
  };
}
