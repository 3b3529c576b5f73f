/** What a node hears after its beat (registration.md 3.6, 4.3): where it stands, and what it should do next and when. */
import type { HeartbeatAnswer } from '../../contracts/node/answers.ts';
import type { RegistrationSettings } from '../../contracts/node/settings.ts';
import type { EdgeOutcome } from '../../contracts/node/vocabulary.ts';
import type { StoredBeat } from '../../db/stores/node-liveness/store-beats.ts';
import { jittered } from '../../domain/deadlines/intervals.ts';
import { heartbeatAnswer } from '../../domain/registration/heartbeat.ts';

export interface AnswerContext {
  readonly edge: EdgeOutcome;
  readonly settings: Pick<RegistrationSettings, 'heartbeat_interval_ms' | 'heartbeat_jitter_percent'>;
  /** 0 (inclusive) to 1. */
  readonly random: () => number;
}

/** The told interval is in every answer, with jitter, so that a fleet that started together drifts apart. */
export function answerOf(stored: StoredBeat, { edge, settings, random }: AnswerContext): HeartbeatAnswer {
  const interval = stored.interval_ms ?? settings.heartbeat_interval_ms;
  return heartbeatAnswer(
    { ...stored, version: stored.version ?? null },
    { edge, nextHeartbeatMs: jittered(interval, settings.heartbeat_jitter_percent, random) },
  );
}
