/** A database of its own with a projector on it, and the means to look at rows and to let time pass for them. */
import type { NodeEvent } from '../../../../../contracts/event.ts';
import type { RegistrationWrite } from '../../../../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow, TransitionRow } from '../../../../../contracts/node/row.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../../../db/client.ts';
import { refreshPath } from '../../../../../db/stores/liveness/path.ts';
import {
  createProjector,
  type Projector,
  type ProjectorOptions,
} from '../../../../../db/stores/registration/projector.ts';
import {
  nodeColumnList,
  nodeLivenessColumnList,
  nodeLivenessRowOf,
  nodeRowOf,
} from '../../../../../db/stores/registration/projector/row.ts';
import { createTestDatabase } from '../../../../support/postgres.ts';
import { Lifecycle } from './lifecycle.ts';

export interface Key {
  readonly entity_id: string;
  readonly domain: string;
}

export interface Fleet {
  readonly url: string;
  readonly database: Database;
  readonly projector: Projector;
  /** Another projector on the same database. */
  another(options: Partial<ProjectorOptions>): Projector;
  row(key: Key): Promise<NodeRow | null>;
  hot(key: Key): Promise<NodeLivenessRow | null>;
  history(key: Key): Promise<readonly TransitionRow[]>;
  /** Payloads of the outbox in order. */
  events(key: Key): Promise<readonly NodeEvent[]>;
  /** One node, written up to here. */
  active(lifecycle?: Lifecycle): Promise<Lifecycle>;
  awaiting(lifecycle?: Lifecycle): Promise<Lifecycle>;
  apply(write: RegistrationWrite): Promise<void>;
  /** Lets `ms` pass for the rows of one node: every time of theirs moves into the past. */
  age(key: Key, ms: number): Promise<void>;
  /** A beat, `agoMs` before now; as the ingest stores it. */
  beat(key: Key, agoMs?: number): Promise<number>;
  /** Both paths are up, since an hour unless told otherwise. */
  pathsUp(sinceMs?: number): Promise<void>;
  pathsDown(): Promise<void>;
  query<T>(text: string, values?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

export async function openFleet(settings: NodeSettings = defaultNodeSettings): Promise<Fleet> {
  const { url, drop } = await createTestDatabase();
  const database = openDatabase(url, { applicationName: 'projector tests' });
  const another = (options: Partial<ProjectorOptions> = {}): Projector =>
    createProjector({ database, settings: () => settings, ...options });
  const projector = another();
  const query = async <T>(text: string, values: unknown[] = []): Promise<T[]> =>
    (await database.pool.query({ text, values })).rows as T[];
  const apply = async (write: RegistrationWrite): Promise<void> => {
    const { outcome } = await projector.persist(write);
    if (outcome !== 'applied') throw new Error(`the write of ${write.row.current_state} was ${outcome}`);
  };
  const awaiting = async (lifecycle = new Lifecycle()): Promise<Lifecycle> => {
    await apply(lifecycle.introspect());
    await apply(lifecycle.offer());
    return lifecycle;
  };
  const moved = (columns: readonly string[]) =>
    columns.map((column) => `${column} = ${column} - $3 * interval '1 millisecond'`).join(', ');

  await Promise.all([refreshPath(database, 'ingest'), refreshPath(database, 'sweep')]);
  const fleet: Fleet = {
    url,
    database,
    projector,
    another,
    query,
    apply,
    awaiting,
    active: async (lifecycle) => {
      const node = await awaiting(lifecycle);
      await apply(node.activate());
      return node;
    },
    row: async ({ entity_id, domain }) => {
      const [row] = await query<Record<string, unknown>>(
        `SELECT ${nodeColumnList('p')} FROM registration_projections p WHERE entity_id = $1 AND domain = $2`,
        [entity_id, domain],
      );
      return row === undefined ? null : nodeRowOf(row);
    },
    hot: async ({ entity_id, domain }) => {
      const [row] = await query<Record<string, unknown>>(
        `SELECT ${nodeLivenessColumnList('h')} FROM node_liveness h WHERE entity_id = $1 AND domain = $2`,
        [entity_id, domain],
      );
      return row === undefined ? null : nodeLivenessRowOf(row);
    },
    history: ({ entity_id, domain }) =>
      query<TransitionRow>(
        `SELECT t.*, epoch::int, version::int, id::int FROM registration_transitions t
          WHERE entity_id = $1 AND domain = $2 ORDER BY t.id`,
        [entity_id, domain],
      ),
    events: async ({ entity_id, domain }) =>
      (
        await query<{ payload: NodeEvent }>(
          'SELECT payload FROM outbox WHERE subject_id = $1 AND domain = $2 ORDER BY id',
          [entity_id, domain],
        )
      ).map(({ payload }) => payload),
    age: async ({ entity_id, domain }, ms) => {
      const values = [entity_id, domain, ms];
      const times = ['state_entered_at', 'last_heartbeat_at'];
      await query(
        `UPDATE registration_projections SET ${moved([...times, 'ack_deadline', 'liveness_deadline', 'next_retry_at', 'flap_period_started_at', 'flapping_until', 'attempt_started_at', 'ack_timeout_emitted_at', 'liveness_timeout_emitted_at'])}
          WHERE entity_id = $1 AND domain = $2`,
        values,
      );
      await query(
        `UPDATE node_liveness SET ${moved([...times, 'ack_received_at'])} WHERE entity_id = $1 AND domain = $2`,
        values,
      );
      await query(
        `UPDATE registration_transitions SET ${moved(['deadline_at', 'occurred_at'])} WHERE entity_id = $1 AND domain = $2`,
        values,
      );
    },
    beat: async ({ entity_id, domain }, agoMs = 0) => {
      const result = await database.pool.query(
        `UPDATE node_liveness SET last_heartbeat_at = clock_timestamp() - $3 * interval '1 millisecond',
                beats_since_active = beats_since_active + CASE WHEN state = 'active' THEN 1 ELSE 0 END,
                reported_status = coalesce(reported_status, 'healthy')
          WHERE entity_id = $1 AND domain = $2 AND state NOT IN ('rejected', 'liveness_expired')`,
        [entity_id, domain, agoMs],
      );
      return result.rowCount ?? 0;
    },
    pathsUp: async (sinceMs = 3_600_000) => {
      await Promise.all([refreshPath(database, 'ingest'), refreshPath(database, 'sweep')]);
      await query(`UPDATE component_liveness SET up_since = clock_timestamp() - $1 * interval '1 millisecond'`, [
        sinceMs,
      ]);
    },
    pathsDown: async () => {
      await query(`UPDATE component_liveness SET last_seen_at = clock_timestamp() - interval '11 s'`);
    },
    close: async () => {
      await database.close();
      await drop();
    },
  };
  await fleet.pathsUp();
  return fleet;
}
