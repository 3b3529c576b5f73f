/**
 * The projector (registration.md 7): the only code that writes the rows of registered nodes. Every write is one
 * transaction of two round trips: lock and look, then everything at once; history row, event and hot copy are part of it
 * or nothing is.
 */
import type {
  FeedWrite,
  LoadedRegistration,
  NotDue,
  Ordering,
  PersistResult,
  RegistrationWrite,
} from '../../../contracts/node/projection.ts';
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import type { GuardedWrite } from '../../../contracts/node/workflow.ts';
import type { Random } from '../../../domain/deadlines/intervals.ts';
import type { Database } from '../../client.ts';
import type { Breaker } from '../../resilience/breaker.ts';
import { guardedBy } from '../../resilience/guarded.ts';
import { compareWithRow, type RowVerdict } from './projector/compare.ts';
import { type Initialized, initializeSchema } from './projector/initialize.ts';
import { loadRegistration } from './projector/load.ts';
import type { ProjectorLogger, ProjectorObserver } from './projector/observer.ts';
import {
  type HeartbeatUpdate,
  type MarkerUpdate,
  updateHeartbeatColumns,
  updateMarker,
} from './projector/partial-updates.ts';
import { persistGuarded, persistWrite, type PersistDeps } from './projector/persist.ts';
import { persistFeed } from './projector/persist-feed.ts';

export interface ProjectorOptions {
  readonly database: Database;
  /** Read at every call, so a change of settings holds at once. */
  readonly settings: () => NodeSettings;
  readonly breaker?: Breaker;
  readonly observer?: ProjectorObserver;
  readonly logger?: ProjectorLogger;
  /** Spreads the next look while a path is down; default `Math.random`. */
  readonly random?: Random;
}

/** Every method but `initialize` throws ND009, ND010, ND012 for failures of the database and ND011 while it is left alone. */
export interface Projector {
  /** Runs the migrations. @throws ND009, ND010, ND015 */
  initialize(): Promise<Initialized>;
  /** @throws ND001 impossible write, ND005 row of another owner, ND006 other partition, ND007 illegal step */
  persist(write: RegistrationWrite | FeedWrite): Promise<PersistResult>;
  /** Writes if the guard holds under lock. @throws as `persist` */
  persistIf(request: GuardedWrite): Promise<PersistResult | NotDue>;
  /** Null without a row, and for rows of feeds. */
  load(entityId: string, domain: string): Promise<LoadedRegistration | null>;
  /** @throws ND001, ND005, ND006 */
  compare(entityId: string, domain: string, ordering: Ordering): Promise<RowVerdict>;
  /** False without a row and for a tie. @throws ND001, ND005, ND006 */
  isStale(entityId: string, domain: string, ordering: Ordering): Promise<boolean>;
  /** Moves both columns forward; null leaves one alone. @throws ND002 when both are null */
  updateHeartbeat(
    entityId: string,
    domain: string,
    lastHeartbeatAt: string | null,
    livenessDeadline: string | null,
  ): Promise<HeartbeatUpdate>;
  /** Rows of feeds only. @throws ND008 */
  updateAckTimeoutMarker(entityId: string, domain: string, emittedAt: string): Promise<MarkerUpdate>;
  updateLivenessTimeoutMarker(entityId: string, domain: string, emittedAt: string): Promise<MarkerUpdate>;
}

export function createProjector(options: ProjectorOptions): Projector {
  const { database, settings, breaker, observer = {}, logger, random = Math.random } = options;
  const deps: PersistDeps = { database, settings, observer, logger, random };
  const guarded = guardedBy({ breaker, logger });

  const writing = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await guarded(operation, work);
    } catch (error) {
      observer.write?.('failed');
      throw error;
    }
  };
  const compare = (entityId: string, domain: string, ordering: Ordering): Promise<RowVerdict> =>
    guarded('compare', () => compareWithRow(database, entityId, domain, ordering));

  return {
    initialize: () => initializeSchema(urlOf(database)),
    persist: (write) =>
      writing('persist', () => ('steps' in write ? persistWrite(deps, write) : persistFeed(deps, write))),
    persistIf: (request) => writing('persistIf', () => persistGuarded(deps, request)),
    load: (entityId, domain) => guarded('load', () => loadRegistration(database, settings(), entityId, domain)),
    compare,
    isStale: async (entityId, domain, ordering) => (await compare(entityId, domain, ordering)) === 'stale',
    updateHeartbeat: (entityId, domain, lastHeartbeatAt, livenessDeadline) =>
      guarded('updateHeartbeat', () =>
        updateHeartbeatColumns(database, entityId, domain, {
          last_heartbeat_at: lastHeartbeatAt,
          liveness_deadline: livenessDeadline,
        }),
      ),
    updateAckTimeoutMarker: (entityId, domain, emittedAt) =>
      guarded('updateAckTimeoutMarker', () => updateMarker(database, 'ack', entityId, domain, emittedAt)),
    updateLivenessTimeoutMarker: (entityId, domain, emittedAt) =>
      guarded('updateLivenessTimeoutMarker', () => updateMarker(database, 'liveness', entityId, domain, emittedAt)),
  };
}

/** Migrations use a connection of their own, without the limits of the pool. */
function urlOf({ pool }: Database): string {
  const { connectionString } = pool.options;
  if (connectionString === undefined) throw new Error('the database was opened without a URL');
  return connectionString;
}
