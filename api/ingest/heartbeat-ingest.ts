/**
 * Heartbeats on their way through the gateway (registration.md 9 "Gateway ingest"): collapsed per node, written as one
 * statement per 250 rows or 20 ms, answered after the write. What the write returns tells state, epoch, offer and
 * whether the reported status changed; such an edge then goes to the workflow. Telemetry never touches a history.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { HeartbeatAnswer } from '../../contracts/node/answers.ts';
import type { Heartbeat, StatusEdge } from '../../contracts/node/messages.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { EdgeOutcome } from '../../contracts/node/vocabulary.ts';
import type { Database } from '../../db/client.ts';
import { toNodeError } from '../../db/resilience/database-errors.ts';
import { type StoredBeat, storeBeats } from '../../db/stores/node-liveness/store-beats.ts';
import type { HeartbeatMetrics } from '../metrics/heartbeat-metrics.ts';
import { uuidV7 } from '../plugins/correlation.ts';
import type { EdgeLine } from './edge-line.ts';
import { answerOf } from './heartbeat-answer.ts';
import { type BatcherLimits, createMicroBatcher } from './micro-batcher.ts';
import { createQuietLog } from './quiet-log.ts';

export interface IngestLog {
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

export interface HeartbeatIngestDeps {
  readonly database: Database;
  readonly settings: () => NodeSettings;
  readonly edges: EdgeLine;
  /** Stretches the told interval of a large fleet; default 0. */
  readonly activeNodes?: () => number;
  readonly metrics?: HeartbeatMetrics;
  readonly log?: IngestLog;
  /** 0 (inclusive) to 1; default `Math.random`. */
  readonly random?: () => number;
  readonly limits?: Partial<BatcherLimits>;
}

export interface HeartbeatIngest {
  /**
   * Stores a checked beat and answers it.
   *
   * @throws ND014 when too many wait; ND009, ND010, ND012 when the database failed
   */
  beat(beat: Heartbeat): Promise<HeartbeatAnswer>;
  /** How many more beats would be taken now. */
  room(): number;
  /** Writes what waits, takes nothing more. */
  close(): Promise<void>;
}

/** Four writes under way keep two cores of a database busy; more only wait for each other there. */
export const defaultIngestLimits: BatcherLimits = { rows: 250, lingerMs: 20, waiting: 10_000, inFlight: 4 };

const quietMs = 60_000;

/** A row of one write: what it found, and the delivery of its edge, begun once however many callers share it. */
interface Written {
  readonly stored: StoredBeat;
  /** Null without an edge, which is the rule: a promise per beat would be a third of the work. */
  readonly edge: Promise<EdgeOutcome> | null;
}

export function createHeartbeatIngest(deps: HeartbeatIngestDeps): HeartbeatIngest {
  const { database, settings, edges, metrics, log, random = Math.random } = deps;
  const quiet = createQuietLog(quietMs);

  const batcher = createMicroBatcher<Heartbeat, Written>({
    limits: { ...defaultIngestLimits, ...deps.limits },
    keyOf: ({ node_id, domain }) => `${node_id}/${domain}`,
    covers: coversBeat,
    mayBeOneItem: (error) => error instanceof OmniBaseError && error.code === 'ND012',
    ...(metrics === undefined ? {} : { onBatch: (rows: number) => metrics.batch(rows) }),
    async write(beats) {
      const options = { path: 'gateway', active_nodes: deps.activeNodes?.() ?? 0 } as const;
      const stored = await storeBeats(database, beats, settings(), options).catch((cause: unknown) => {
        throw toNodeError(cause);
      });
      return beats.flatMap((beat, index): Written[] => {
        const found = stored[index];
        return found === undefined ? [] : [{ stored: found, edge: deliver(beat, found) }];
      });
    },
  });

  function deliver(beat: Heartbeat, { edge, epoch }: StoredBeat): Promise<EdgeOutcome> | null {
    if (edge === null || epoch === null) return null;
    const { correlation_id, message_id } = beat;
    const message: StatusEdge = { ...edge, epoch, correlation_id, message_id: message_id ?? uuidV7() };
    return edges.send({ entity_id: beat.node_id, domain: beat.domain }, message);
  }

  function tell(beat: Heartbeat, { result, state, epoch }: StoredBeat): void {
    metrics?.beat('gateway', result);
    if (log === undefined || result === 'accepted') return;
    const { node_id: entity_id, domain, correlation_id } = beat;
    const code = `registration.heartbeat.${result}`;
    const fields = { code, entity_id, domain, epoch, state, result, correlation_id };
    if (result !== 'ignored_terminal') log.debug(fields, 'a heartbeat counts for nothing');
    else quiet.once(`${entity_id}/${domain}`, () => log.info(fields, 'a node beats whose registration has ended'));
  }

  return {
    room: () => batcher.room(),
    close: () => batcher.close(),
    async beat(beat) {
      const from = performance.now();
      try {
        const { stored, edge } = await batcher.add(beat);
        tell(beat, stored);
        return answerOf(stored, {
          edge: edge === null ? 'none' : await edge,
          settings: settings().registration,
          random,
        });
      } catch (error) {
        metrics?.beat('gateway', error instanceof OmniBaseError && error.code === 'ND014' ? 'overloaded' : 'failed');
        throw error;
      } finally {
        metrics?.ingested((performance.now() - from) / 1000);
      }
    },
  };
}

/**
 * Whether the later beat alone leaves the same row behind. Beats of another process, of another status (each may be an
 * edge) or out of order are written by themselves.
 */
function coversBeat(later: Heartbeat, earlier: Heartbeat): boolean {
  return (
    later.epoch === earlier.epoch &&
    later.status === earlier.status &&
    later.node_version === earlier.node_version &&
    later.uptime_seconds >= earlier.uptime_seconds &&
    (later.sequence ?? -1) >= (earlier.sequence ?? -1)
  );
}
