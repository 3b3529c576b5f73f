/** The only builder of events of runs (runs.md 11), and the text that their signature covers. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type RunEventRule, runEventTable, type RunEventType } from '../../contracts/run/event-table.ts';
import type { RunEvent, RunEventData } from '../../contracts/run/events.ts';
import type { RunCore } from '../../contracts/run/row.ts';
import type { RunHealth, RunState, Severity } from '../../contracts/run/vocabulary.ts';
import { canonicalJson } from '../json/canonical.ts';
import { derivedId } from './hash.ts';

/** An event before it is numbered; `of` is the run as it stood at that moment of the change. */
export interface RunEventDraft<T extends RunEventType = RunEventType> {
  readonly type: T;
  readonly data: RunEventData<T>;
  readonly of: RunCore;
  readonly last_error?: string | null;
  readonly incident_id?: string | null;
}

export interface RunEventPlace {
  /** What makes the event the one it is: the change or statement, and its position in it. */
  readonly cause: string;
  readonly position: number;
  /** Without gap per run; null for ephemeral events. */
  readonly seq: number | null;
  /** Database clock, RFC 3339. */
  readonly occurred_at: string;
  /** First part of the topic. */
  readonly topic: string;
}

export function buildRunEvent<T extends RunEventType>(draft: RunEventDraft<T>, place: RunEventPlace): RunEvent<T> {
  const { of, type } = draft;
  return {
    id: derivedId(of.id, place.cause, place.position, type),
    run_id: of.id,
    seq: place.seq,
    type,
    topic: runTopic(type, of.state, of.health_status, place.topic),
    occurred_at: place.occurred_at,
    attempt: of.attempt,
    state: of.state,
    runtime_status: of.runtime_status,
    health_status: of.health_status,
    step: of.current_step,
    samples_per_sec: of.samples_per_sec,
    loss: of.loss,
    severity: runSeverity(type, of.state, of.health_status),
    data: draft.data,
    ...(typeof draft.last_error === 'string' ? { last_error: draft.last_error } : {}),
    ...(typeof draft.incident_id === 'string' ? { incident_id: draft.incident_id } : {}),
  };
}

/** Topic of an event: an error wins over health; recovery has none. */
export function runTopic(type: RunEventType, state: RunState, health: RunHealth, base: string): string {
  const { suffix }: RunEventRule = runEventTable[type];
  switch (suffix) {
    case 'none':
      return base;
    case 'error':
      return isFailure(state) ? `${base}.error` : base;
    case 'health':
      return isFailure(state) ? `${base}.error` : health === 'healthy' ? base : `${base}.${health}`;
    case 'commands':
      return `${base}.commands`;
  }
}

/** Topic of the events of an incident, which have no run. */
export function incidentTopic(base: string): string {
  return `${base}.unresponsive`;
}

export function runSeverity(type: RunEventType, state: RunState, health: RunHealth): Severity {
  const { severity }: RunEventRule = runEventTable[type];
  if (severity === 'health') return healthSeverity(health);
  if (severity === 'error') return isFailure(state) ? 'critical' : 'info';
  return severity;
}

/** Of an edge to this health. */
export function healthSeverity(health: RunHealth): Severity {
  return health === 'healthy' ? 'info' : health === 'heartbeat_stale' ? 'warning' : 'critical';
}

/** The event with its signature: HMAC-SHA-256 over the canonical JSON of everything but the signature. */
export function signRunEvent(event: RunEvent, keyId: string, secret: Uint8Array): RunEvent {
  const { signature: _old, ...unsigned } = { ...event, key_id: keyId };
  return { ...unsigned, signature: bytesToHex(hmac(sha256, secret, utf8ToBytes(canonicalJson(unsigned)))) };
}

/** Whether the signature of an event is that of the secret. */
export function isSignedBy(event: RunEvent, secret: Uint8Array): boolean {
  return event.key_id !== undefined && signRunEvent(event, event.key_id, secret).signature === event.signature;
}

function isFailure(state: RunState): boolean {
  return state === 'errored' || state === 'failed';
}
