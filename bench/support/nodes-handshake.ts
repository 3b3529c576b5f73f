/** One handshake as a careful client does it: told to come back later (429, 503) it does, with the same ids. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { AckAnswer } from '../../contracts/node/answers.ts';
import type { NodesApi } from '../../contracts/node/api.ts';
import { call, introspectionOf } from './nodes.ts';

export interface Handshake {
  readonly ack: AckAnswer;
  /** From the first request to the answer that holds, ms. */
  readonly offeredMs: number;
  readonly acknowledgedMs: number;
  readonly repeated: Repeated;
}

export interface Repeated {
  /** 429: too much in flight. */
  later: number;
  /** 503: no answer in time. */
  unanswered: number;
}

/** Who asks again with the same message id hears `duplicate` or `joined` when the first time had arrived. */
const offerResults: ReadonlySet<string> = new Set(['started', 'joined', 'duplicate']);
/** `recorded`: kept by the gateway, applied later; what became of it is counted at the end. */
const ackResults: ReadonlySet<string> = new Set(['activated', 'duplicate', 'recorded']);

/** @throws Error for an answer that is no success, and what cannot be repeated */
export async function handshake(nodes: NodesApi, index: number, domain: string): Promise<Handshake> {
  const repeated = { later: 0, unanswered: 0 };
  const message = introspectionOf(index, domain);
  const { correlation_id, node_id, timestamp } = message;
  const started = performance.now();
  const { result, attempt_id } = await patiently(repeated, () => nodes.introspect(message, call));
  if (!offerResults.has(result)) throw new Error(`an introspection was answered ${result}`);
  const offered = performance.now();
  const command = { command_id: crypto.randomUUID(), correlation_id, node_id, domain, attempt_id, timestamp };
  const ack = await patiently(repeated, () => nodes.ack(command, call));
  if (!ackResults.has(ack.result)) throw new Error(`an ack was answered ${ack.result}`);
  return { ack, repeated, offeredMs: offered - started, acknowledgedMs: performance.now() - offered };
}

async function patiently<T>(repeated: Repeated, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof OmniBaseError) || !error.retryable) throw error;
      if (error.code === 'ND014') repeated.later += 1;
      else repeated.unanswered += 1;
      await sleep(200 + Math.random() * 800);
    }
  }
}
