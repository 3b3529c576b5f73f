/** Answers of a registration (registration.md 4.3) as lines for people. */
import type { AnswerFields } from '../../contracts/node/answers.ts';
import type { NodeKey } from '../../contracts/node/api.ts';
import { defaultNodeDomain } from '../../contracts/node/vocabulary.ts';
import type { Palette } from './colour.ts';
import { shownDuration } from './duration.ts';
import { type Fact, renderFacts } from './facts.ts';
import { paintState } from './node-state.ts';

/** @param head what the command answers first, e.g. `registered: true` */
export function renderAnswer(
  head: readonly Fact[],
  { node_id, domain }: NodeKey,
  answer: AnswerFields<string>,
  paint: Palette,
): string {
  const { state, epoch, attempt_id, attempt_number, ack_deadline, ack_in_ms, reason } = answer;
  const facts: readonly Fact[] = [
    ...head,
    ['node', node_id],
    ['domain', domain === undefined || domain === defaultNodeDomain ? null : domain],
    ['state', state === null ? null : paintState(state, paint)],
    ['epoch', epoch === null ? null : String(epoch)],
    ['attempt', attempt_id === null ? null : `${attempt_id}${attempt_number === null ? '' : ` (${attempt_number})`}`],
    ['ack deadline', ack_deadline === null ? null : `${ack_deadline}${within(ack_in_ms)}`],
    ['next', shownNext(answer)],
    ['reason', reason === null ? null : `${reason.code}: ${reason.text}`],
  ];
  return renderFacts(facts, { aligned: false, painted });
}

const painted = new Set(['state']);

function within(ms: number | null): string {
  return ms === null ? '' : `, in ${shownDuration(Math.max(0, ms))}`;
}

/** `heartbeat in 29.1 s`, `introspect in 60.0 s`, `ack`. */
export function shownNext({ next, next_heartbeat_in_ms, retry_after_ms }: AnswerFields<string>): string | null {
  if (next === null) return null;
  const ms = next === 'heartbeat' ? next_heartbeat_in_ms : retry_after_ms;
  return ms === null ? next : `${next} in ${shownDuration(ms)}`;
}
