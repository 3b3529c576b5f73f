/** Single messages of a node, for what must be sent at one moment: its announcement, and the ack of its offer. */
import { randomUUID } from 'node:crypto';
import { ackMessage, introspectionMessage } from '../../../api/client/node-client/node-messages.ts';
import type { AckAnswer } from '../../../contracts/node/answers.ts';
import { call, type ChaosStack } from './chaos-stack.ts';

export interface Offer {
  readonly node_id: string;
  readonly attempt_id: string;
}

const node_type = 'compute';

/** A node that has an offer and has not acknowledged it. */
export async function offered({ api }: ChaosStack): Promise<Offer> {
  const node_id = randomUUID();
  const parts = { reason: 'startup', messageId: randomUUID(), instanceId: randomUUID(), status: 'healthy' } as const;
  const { attempt_id } = await api.nodes.introspect(introspectionMessage({ node_id, node_type }, parts), call());
  if (attempt_id === null) throw new Error('no offer was made');
  return { node_id, attempt_id };
}

export function acknowledge({ api }: ChaosStack, { node_id, attempt_id }: Offer): Promise<AckAnswer> {
  return api.nodes.ack(ackMessage({ node_id, node_type }, attempt_id, randomUUID()), call());
}
