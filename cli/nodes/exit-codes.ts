/** What an answer of a registration means for the exit code (registration.md 10). */
import type { AckAnswer, IntrospectionAnswer } from '../../contracts/node/answers.ts';
import type {
  AckResult,
  DeregisterResult,
  HeartbeatResult,
  IntrospectionResult,
} from '../../contracts/node/vocabulary.ts';

const refused: ReadonlySet<IntrospectionResult> = new Set(['rejected', 'refused_change']);
/** Answers to `shutdown`: nothing is registered afterwards, and that is what was asked for. */
const takenOut: ReadonlySet<IntrospectionResult> = new Set(['deregistered', 'withdrawn', 'already_closed']);

/** Whether the facts of the message are those the node is registered with, or about to be. */
export function isRegistered({ result, state }: IntrospectionAnswer): boolean {
  if (refused.has(result) || takenOut.has(result) || result === 'unknown_node') return false;
  return state !== 'rejected' && state !== 'liveness_expired' && state !== null;
}

/** 0; 1 rejected, refused change, or not activated although asked to; 3 unknown. */
export function registerExitCode(answer: IntrospectionAnswer, ack: AckAnswer | 'not asked' | 'no offer'): number {
  if (answer.result === 'unknown_node') return 3;
  if (takenOut.has(answer.result)) return 0;
  if (refused.has(answer.result) || !isRegistered(answer)) return 1;
  if (ack === 'not asked') return 0;
  return ack !== 'no offer' && isActivated(ack) ? 0 : 1;
}

/** A repeated ack finds the node active already. */
export function isActivated({ result, state }: AckAnswer): boolean {
  return result === 'activated' || (result === 'duplicate' && state === 'active');
}

const heard: ReadonlySet<AckResult> = new Set(['activated', 'duplicate', 'recorded']);

export function isAcknowledged(result: AckResult): boolean {
  return heard.has(result);
}

/** 0 activated, duplicate, recorded; 1 other no-op; 3 unknown. */
export function ackExitCode(result: AckResult): number {
  if (result === 'unknown_node') return 3;
  return isAcknowledged(result) ? 0 : 1;
}

/** 0; 1 ignored or stale; 3 unknown. */
export function heartbeatExitCode(result: HeartbeatResult): number {
  if (result === 'unknown_node') return 3;
  return result === 'accepted' ? 0 : 1;
}

/** 0, also when it is out already; 1 when it is another epoch; 3 unknown. */
export function deregisterExitCode(result: DeregisterResult): number {
  if (result === 'unknown_node') return 3;
  return result === 'stale_epoch' ? 1 : 0;
}
