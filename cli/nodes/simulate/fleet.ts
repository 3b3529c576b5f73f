/** Simulated nodes: the real node client, each with a way of its own to lose beats and to fall silent. */
import { createNodeClient, type NodeClient, type NodeStatus } from '../../../api/client/node-client/node-client.ts';
import type { ApiTarget } from '../../../api/client/target.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import type { NodeType } from '../../../contracts/node/vocabulary.ts';
import type { Ending } from '../time-limit.ts';
import { withLosses } from './lossy-nodes.ts';
import { seededRandom, seededUuid } from './random.ts';

export interface FleetSettings {
  readonly count: number;
  readonly domain: string;
  readonly type: NodeType;
  readonly name: string;
  readonly tags: readonly string[];
  /** Of each beat, 0 to 1. */
  readonly beatLoss: number;
  /** Since its start, ms; null = never. */
  readonly silentAfterMs: number | null;
  readonly seed: number;
}

/** What became of the nodes, as they know it themselves. */
export interface FleetCounts {
  readonly nodes: number;
  readonly became_active: number;
  readonly fell_silent: number;
  readonly beats_sent: number;
  readonly beats_lost: number;
  readonly failed_calls: number;
}

export interface Fleet {
  readonly ids: ReadonlySet<string>;
  /** Starts the nodes, spread over a moment so that they do not march in step. */
  start(ending: Ending): Promise<void>;
  counts(): FleetCounts;
  /** Says goodbye for every node that is not silent; resolves when all have ended. */
  close(): Promise<void>;
}

/** The moment over which nodes start, ms: per node and at most. */
const spreadPerNodeMs = 5;
const longestSpreadMs = 5_000;

/** @param target named for completeness; the nodes speak through `nodes` */
export function createFleet(nodes: NodesApi, target: ApiTarget, settings: FleetSettings): Fleet {
  const random = seededRandom(settings.seed);
  const counts = {
    nodes: settings.count,
    became_active: 0,
    fell_silent: 0,
    beats_sent: 0,
    beats_lost: 0,
    failed_calls: 0,
  };
  const members = Array.from({ length: settings.count }, (_, index) => {
    const id = seededUuid(random);
    const name = settings.count === 1 ? settings.name : `${settings.name}-${index + 1}`;
    return createMember({ nodes, target, settings, id, name, random: seededRandom(random() * 2 ** 32), counts });
  });
  return {
    ids: new Set(members.map(({ id }) => id)),
    async start(ending) {
      const spread = Math.min(longestSpreadMs, settings.count * spreadPerNodeMs) / settings.count;
      for (const member of members) {
        if (ending.signal.aborted) return;
        member.start();
        if (settings.count > 1) await ending.pause(spread);
      }
    },
    counts: () => ({ ...counts }),
    async close() {
      await Promise.all(members.map((member) => member.close()));
    },
  };
}

interface MemberParts {
  readonly nodes: NodesApi;
  readonly target: ApiTarget;
  readonly settings: FleetSettings;
  readonly id: string;
  readonly name: string;
  readonly random: () => number;
  readonly counts: { -readonly [K in keyof FleetCounts]: number };
}

interface Member {
  readonly id: string;
  start(): void;
  close(): Promise<void>;
}

function createMember({ nodes, target, settings, id, name, random, counts }: MemberParts): Member {
  let silent = false;
  let silence: NodeJS.Timeout | undefined;
  let wasActive = false;
  const noteActive = ({ phase }: NodeStatus): void => {
    if (phase !== 'active' || wasActive) return;
    wasActive = true;
    counts.became_active += 1;
  };
  const client: NodeClient = createNodeClient({
    target,
    nodes: withLosses(nodes, {
      beatLoss: settings.beatLoss,
      random,
      isSilent: () => silent,
      beatSent: () => (counts.beats_sent += 1),
      beatLost: () => (counts.beats_lost += 1),
      callFailed: () => (counts.failed_calls += 1),
    }),
    node: {
      node_id: id,
      domain: settings.domain,
      node_name: name,
      node_type: settings.type,
      metadata: { simulated: true },
      ...(settings.tags.length === 0 ? {} : { contract_capabilities: { capability_tags: [...settings.tags] } }),
    },
    telemetry: () => ({
      active_operations_count: Math.floor(random() * 8),
      cpu_usage_percent: Math.round(random() * 1000) / 10,
    }),
    onChange: noteActive,
    random,
  });
  return {
    id,
    start() {
      client.start();
      if (settings.silentAfterMs === null) return;
      silence = setTimeout(() => {
        silent = true;
        counts.fell_silent += 1;
      }, settings.silentAfterMs);
    },
    async close() {
      clearTimeout(silence);
      await client.close();
    },
  };
}
