/**
 * Stores heartbeats and tells what to answer (registration.md 3.6, 9 "Gateway ingest"): one UPDATE and one look at the
 * projections, in one round trip. The transaction may be lost with the machine (asynchronous log flush): a beat that is
 * lost is like one that never arrived, and the next one is due soon. Steps are never written like this.
 *
 * Beats write hot rows only. The coarse copies of the first beat come with the step it causes (its edge): until then the
 * projection without a last heartbeat is the sign by which the sweep finds an edge that was lost.
 */
import type { Heartbeat } from '../../../contracts/node/messages.ts';
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import type {
  HeartbeatResult,
  NextStep,
  NodePath,
  RegistrationState,
  ReportedStatus,
} from '../../../contracts/node/vocabulary.ts';
import { toldInterval, windowFor } from '../../../domain/deadlines/intervals.ts';
import { type HeartbeatRow, judgeHeartbeat } from '../../../domain/registration/heartbeat.ts';
import { requiresAck } from '../../../domain/registration/states.ts';
import type { Database } from '../../client.ts';
import { inTransaction, type Row, type Statement } from '../../transaction.ts';
import { type Readers, readColumns } from '../registration/projector/read-columns.ts';
import { retried } from '../registration/projector/retried.ts';
import { type FoundRow, foundReaders, storeStatement } from './beat-statement.ts';
import { type RegisteredRow, registeredReaders, registeredStatement } from './registered-facts.ts';

export interface StoredBeat {
  readonly result: HeartbeatResult;
  /** Null for an unknown node, as all that follows from a row. */
  readonly state: RegistrationState | null;
  readonly epoch: number | null;
  readonly version: number | null;
  readonly attempt_id: string | null;
  readonly attempt_number: number | null;
  /** Of the offer to repeat; null where none is open. */
  readonly ack_deadline: string | null;
  readonly ack_in_ms: number | null;
  /** When to come back, ms: a retry that is due, or the pause of a rejected node. */
  readonly retry_in_ms: number | null;
  /** Told from now on, before jitter, ms. */
  readonly interval_ms: number | null;
  readonly next: NextStep;
  /** The reported status changed, or this is the first beat after activation. */
  readonly edge: { readonly status: ReportedStatus; readonly first: boolean; readonly received_at: string } | null;
  readonly last_heartbeat_at: string | null;
}

export interface StoreOptions {
  /** How the beats came. */
  readonly path: NodePath;
  /** Since each arrived, ms, in the order of the beats; default 0. */
  readonly ages_ms?: readonly number[];
  /** As counted by the last sweep: stretches the told interval of a large fleet. Default 0. */
  readonly active_nodes?: number;
}

/**
 * Stores each beat in the row of its node and answers what the node should hear, in the order of the beats.
 *
 * @param beats checked, at most one per node and domain; 250 are stored in a few milliseconds
 * @throws whatever the driver throws; `toNodeError` tells what it means
 */
export async function storeBeats(
  database: Database,
  beats: readonly Heartbeat[],
  settings: NodeSettings,
  options: StoreOptions,
): Promise<readonly StoredBeat[]> {
  if (beats.length === 0) return [];
  const intervalMs = toldInterval(settings.registration, options.active_nodes ?? 0);
  const store = storeStatement(beats, {
    path: options.path,
    agesMs: options.ages_ms ?? [],
    intervalMs,
    windowMs: windowFor(settings.registration, intervalMs),
    damping: settings.damping,
  });
  // No statement of the product can meet this one in a circle of locks; one that is typed by hand can.
  const [, found = [], registered = []] = await retried(() =>
    inTransaction(database.pool, ({ commit }) => commit([withoutFlush, store, registeredStatement(beats)])),
  );
  const rows = rowsByKey(found, foundReaders);
  const facts = rowsByKey(registered, registeredReaders);
  return beats.map((beat) =>
    storedBeatOf(beat, rows.get(keyOf(beat.node_id, beat.domain)), facts.get(keyOf(beat.node_id, beat.domain)), {
      settings,
      intervalMs,
    }),
  );
}

const withoutFlush: Statement = { text: 'SET LOCAL synchronous_commit TO off' };

function storedBeatOf(
  beat: Heartbeat,
  found: FoundRow | undefined,
  registered: RegisteredRow | undefined,
  { settings, intervalMs }: { readonly settings: NodeSettings; readonly intervalMs: number },
): StoredBeat {
  const row = found === undefined ? null : heartbeatRowOf(found, registered);
  const verdict = judgeHeartbeat(row, beat, settings.damping);
  const seen = found?.last_heartbeat_at ?? null;
  const offer = row !== null && requiresAck(row.state) && verdict.result === 'accepted' ? registered : undefined;
  return {
    result: verdict.result,
    state: row?.state ?? null,
    epoch: row?.epoch ?? null,
    version: registered?.version ?? null,
    attempt_id: found?.attempt_id ?? null,
    attempt_number: registered?.attempt_number ?? null,
    ack_deadline: offer?.ack_deadline ?? null,
    ack_in_ms: offer?.ack_in_ms ?? null,
    retry_in_ms: verdict.retry_after_ms,
    interval_ms: row === null ? null : intervalMs,
    next: verdict.next,
    edge: verdict.edge === null || seen === null ? null : { ...verdict.edge, received_at: seen },
    last_heartbeat_at: seen,
  };
}

function heartbeatRowOf(found: FoundRow, registered: RegisteredRow | undefined): HeartbeatRow {
  return {
    ...found,
    // As registered: what was told last would be right again with the second beat of another version.
    node_version: registered?.node_version ?? null,
    retry_in_ms: registered?.retry_in_ms ?? null,
  };
}

function rowsByKey<T extends { readonly entity_id: string; readonly domain: string }>(
  rows: readonly Row[],
  readers: Readers<T>,
): ReadonlyMap<string, T> {
  return new Map(
    rows.map((values) => {
      const read = readColumns(readers, values);
      if (!read.ok) throw new TypeError(`a statement answered no ${read.path}`);
      return [keyOf(read.row.entity_id, read.row.domain), read.row];
    }),
  );
}

/** The domains of beats have no slash. */
function keyOf(entityId: string, domain: string): string {
  return `${entityId}/${domain}`;
}
