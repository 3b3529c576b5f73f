/**
 * The deadlines of a stored node (registration.md 3.7): rows of the database turned into the arithmetic of
 * `domain/deadlines`. The hot row is the truth; where there is none, the coarse copies of the projection stand in.
 */
import type { NodeLivenessRow, NodeRow } from '../../contracts/node/row.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import {
  effectiveAckDeadline,
  effectiveLivenessDeadline,
  type LivenessFacts,
  type WindowSettings,
} from '../deadlines/effective.ts';
import { windowFor } from '../deadlines/intervals.ts';
import type { PathLiveness } from '../deadlines/path.ts';
import { requiresAck, requiresLiveness } from './states.ts';

/** Effective deadlines, ms; null where the state watches none. */
export interface RowDeadlines {
  readonly ack: number | null;
  readonly liveness: number | null;
}

type Settings = Pick<NodeSettings, 'registration' | 'damping'>;

/** @param path of the node; null while its row is missing */
export function rowDeadlines(
  row: NodeRow,
  hot: NodeLivenessRow | null,
  path: PathLiveness | null,
  settings: Settings,
): RowDeadlines {
  const { ack_timeout_ms } = settings.registration;
  const watchesAck = requiresAck(row.current_state) && row.ack_deadline !== null;
  return {
    ack: watchesAck ? effectiveAckDeadline(Date.parse(row.ack_deadline), path, ack_timeout_ms) : null,
    liveness: requiresLiveness(row.current_state)
      ? effectiveLivenessDeadline(livenessFacts(row, hot, settings), path, windowSettings(settings))
      : null,
  };
}

export function livenessFacts(row: NodeRow, hot: NodeLivenessRow | null, { registration }: Settings): LivenessFacts {
  const present = hot !== null && hot.epoch === row.epoch ? hot : null;
  const lastBeat = present === null ? row.last_heartbeat_at : present.last_heartbeat_at;
  return {
    active_since: Date.parse(row.state_entered_at),
    last_heartbeat_at: lastBeat === null ? null : Date.parse(lastBeat),
    beats_since_active: present === null ? (lastBeat === null ? 0 : 1) : present.beats_since_active,
    window_ms: present === null ? windowFor(registration, registration.heartbeat_interval_ms) : present.window_ms,
  };
}

export function windowSettings({ registration, damping }: Settings): WindowSettings {
  return { first_liveness_ms: registration.first_liveness_ms, missed_windows: damping.missed_windows };
}
