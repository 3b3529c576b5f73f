/** The second half of the handshake for `node register --ack`. */
import { randomUUID } from 'node:crypto';
import type { AckAnswer, IntrospectionAnswer } from '../../contracts/node/answers.ts';
import type { NodeKey, NodesApi } from '../../contracts/node/api.ts';
import type { Ack } from '../../contracts/node/messages.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { isUuid } from './options.ts';

/** Longest wait of one question for an offer, ms: what the route allows. */
const longestWaitMs = 25_000;
/** How long an undecided registration is waited for unless `--timeout` says otherwise, ms. */
const defaultWaitMs = 30_000;

/**
 * Acknowledges what the introspection was answered with; waits for the offer where the policy has not decided yet.
 *
 * @returns `no offer` when the node was refused, or nothing was decided in time
 */
export async function acknowledgeOffer(
  nodes: Pick<NodesApi, 'ack' | 'offer'>,
  key: Required<NodeKey>,
  answer: IntrospectionAnswer,
  call: CallContext,
): Promise<AckAnswer | 'no offer'> {
  if (answer.result === 'rejected' || answer.result === 'refused_change') return 'no offer';
  const undecided = answer.state === 'pending_registration' || answer.result === 'deciding';
  const attempt = undecided ? await awaitOffer(nodes, key, call) : answer.attempt_id;
  return attempt === null ? 'no offer' : nodes.ack(ackOf(key, attempt, call.correlation_id), call);
}

/** An acknowledgement made here and now. */
export function ackOf({ node_id, domain }: Required<NodeKey>, attemptId: string | null, correlationId: string): Ack {
  return {
    command_id: randomUUID(),
    node_id,
    domain,
    attempt_id: attemptId,
    correlation_id: isUuid(correlationId) ? correlationId : null,
    timestamp: new Date().toISOString(),
  };
}

async function awaitOffer(
  nodes: Pick<NodesApi, 'offer'>,
  key: Required<NodeKey>,
  call: CallContext,
): Promise<string | null> {
  const deadline = performance.now() + (call.deadline_ms ?? defaultWaitMs);
  for (;;) {
    const rest = deadline - performance.now();
    if (rest <= 0) return null;
    const wait = Math.min(longestWaitMs, Math.ceil(rest / 1000) * 1000);
    const offer = await nodes.offer(key, wait, { ...call, deadline_ms: wait + 5_000 });
    if (offer !== null) return offer.attempt_id;
  }
}
