/** The status answer (platform.md 2) from what the supervisor knows about its parts. */
import type { PartName, PartStatus, StackStatus } from '../../contracts/gateway.ts';
import type { ExternalParts } from '../external.ts';
import type { OmniPaths } from '../paths.ts';
import { withoutPassword } from '../postgres/url.ts';
import type { Addresses } from './environment.ts';
import type { PartSnapshot } from './part.ts';

export interface StackSnapshot {
  readonly version: string;
  readonly paths: OmniPaths;
  readonly external: ExternalParts;
  readonly addresses: Addresses;
  /** Null for an external part. */
  readonly postgres: PartSnapshot | null;
  readonly temporal: PartSnapshot | null;
  readonly serve: PartSnapshot;
  /** Whether every part was ready at one time. */
  readonly everReady: boolean;
  /** Bytes by process id. */
  readonly memory: ReadonlyMap<number, number | null>;
}

/** Fits `GET /status` of the control socket. */
export function buildStatus(snapshot: StackSnapshot): StackStatus {
  const { addresses, external, serve } = snapshot;
  const role = (name: 'control' | 'host' | 'api'): PartStatus => asRole(part(name, serve, snapshot.memory), addresses);
  const parts = [
    part('postgres', snapshot.postgres, snapshot.memory),
    part('temporal', snapshot.temporal, snapshot.memory),
    role('control'),
    role('host'),
    role('api'),
  ];
  const database = external.database ?? addresses.database;
  return {
    schema_version: 1,
    state: stateOf(parts, snapshot.everReady),
    version: snapshot.version,
    node: process.version,
    parts,
    urls: {
      api: addresses.api,
      temporal: external.temporal ?? addresses.temporal,
      web_ui: external.temporal === null ? addresses.webUi : null,
      database: database === null ? null : withoutPassword(database),
      socket: snapshot.paths.socket_path,
    },
  };
}

/** The answer when no supervisor runs. */
export function stoppedStatus(version: string, paths: OmniPaths): StackStatus {
  const names: readonly PartName[] = ['postgres', 'temporal', 'control', 'host', 'api'];
  return {
    schema_version: 1,
    state: 'stopped',
    version,
    node: process.version,
    parts: names.map((name) => ({ name, state: 'stopped', pid: null, restarts: 0, uptime_s: 0, rss_bytes: null })),
    urls: { api: null, temporal: null, web_ui: null, database: null, socket: paths.socket_path },
  };
}

function part(name: PartName, snapshot: PartSnapshot | null, memory: StackSnapshot['memory']): PartStatus {
  if (snapshot === null) return { name, state: 'external', pid: null, restarts: 0, uptime_s: 0, rss_bytes: null };
  return {
    name,
    state: snapshot.state,
    pid: snapshot.pid,
    restarts: snapshot.restarts,
    uptime_s: Math.floor(snapshot.uptimeMs / 1000),
    rss_bytes: snapshot.pid === null ? null : (memory.get(snapshot.pid) ?? null),
    ...(snapshot.detail === null ? {} : { detail: snapshot.detail }),
  };
}

/** A role of `serve` that its readiness reports on is ready or not on its own. */
function asRole(status: PartStatus, addresses: Addresses): PartStatus {
  const check = addresses.checks.find((candidate) => candidate.name === status.name);
  if (check === undefined || status.state === 'stopped' || status.state === 'starting') return status;
  return { ...status, state: check.ok ? 'ready' : 'failed' };
}

function stateOf(parts: readonly PartStatus[], everReady: boolean): StackStatus['state'] {
  if (parts.every((part) => part.state === 'ready' || part.state === 'external')) return 'ready';
  return everReady ? 'degraded' : 'starting';
}
