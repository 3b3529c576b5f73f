/**
 * Nodes of a chaos test: the product's own node client, many of them. Steady ones beat from the beginning to the end;
 * doomed ones fall silent when told; lanes handshake without pause, and end each life by a goodbye, by a crash and a new
 * start of the same node, or by a crash for good. What the control plane answered is written down, to be held against it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNodeClient, type NodeClient, type NodeStatus } from '../../../api/client/node-client/node-client.ts';
import type { AckAnswer } from '../../../contracts/node/answers.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import type { Ack } from '../../../contracts/node/messages.ts';
import { waitFor } from '../../support/cli.ts';
import { timing } from './chaos-stack.ts';

export interface AnsweredAck {
  readonly node_id: string;
  readonly attempt_id: string | null;
  readonly result: AckAnswer['result'];
}

export interface ChaosNode {
  readonly id: string;
  readonly client: NodeClient;
  /** From now on nothing it says is heard, as after a SIGKILL. */
  crash(): void;
}

const longestHandshakeMs = 75_000;

export class ChaosFleet {
  readonly acks: AnsweredAck[] = [];
  /** `id/epoch` of lives that ended without a goodbye that was surely heard. */
  readonly abandoned = new Set<string>();
  readonly steady: ChaosNode[] = [];
  /** Handshakes that did not come to their end in time. */
  readonly stuck: string[] = [];
  handshakes = 0;
  readonly #target: { readonly socketPath: string };
  readonly #nodes: NodesApi;
  readonly #all = new Set<ChaosNode>();
  readonly #stopping = new AbortController();
  #lanes: Promise<void>[] = [];

  /** @param nodes of a client of the gateway at `target` */
  constructor(nodes: NodesApi, target: { readonly socketPath: string }) {
    this.#nodes = nodes;
    this.#target = target;
  }

  /** Starts nodes that live as long as the test; resolves when all are active. */
  async keep(count: number): Promise<readonly ChaosNode[]> {
    const nodes = await this.birth(count);
    this.steady.push(...nodes);
    return nodes;
  }

  /** Starts nodes; resolves when all are active. @param through another gateway than the fleet's */
  async birth(count: number, through: NodesApi = this.#nodes): Promise<readonly ChaosNode[]> {
    const nodes = Array.from({ length: count }, () => this.add(randomUUID(), through));
    for (const { client } of nodes) client.start();
    await Promise.all(nodes.map((node) => this.#active(node)));
    return nodes;
  }

  /** Lets them fall silent; resolves with their ids. */
  abandon(nodes: readonly ChaosNode[]): readonly string[] {
    for (const node of nodes) {
      this.abandoned.add(lifeOf(node));
      node.crash();
    }
    return nodes.map(({ id }) => id);
  }

  /** Handshakes in so many lanes until `calm`. */
  churn(lanes: number): void {
    this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#lane(lane));
  }

  /** Ends the lanes after the life each is in, the nodes of which stay silent. */
  async calm(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#lanes);
  }

  /** Resolves when every steady node is active and reaches the gateway again. */
  async recovered(timeoutMs = 45_000): Promise<void> {
    const well = ({ phase, failures }: NodeStatus) => phase === 'active' && failures === 0;
    const ill = () => this.steady.filter(({ client }) => !well(client.status));
    await waitFor('the steady nodes to be well', () => ill().length === 0 || undefined, timeoutMs).catch((error) => {
      const shown = ill().map(
        ({ id, client: { status } }) => `${id} ${status.phase} ${status.state} ${status.last_error}`,
      );
      throw new Error(`${String(error)}\n${shown.slice(0, 5).join('\n')}`);
    });
  }

  /** Nobody says goodbye: the stack may be gone. */
  async close(): Promise<void> {
    this.#stopping.abort();
    for (const node of this.#all) node.crash();
    // A closed client ends the wait of the lane it is in.
    await Promise.all([...this.#all].map(({ client }) => client.close({ timeoutMs: 1 })));
    await Promise.all(this.#lanes);
  }

  /** A node that was not started yet. */
  add(id: string, nodes: NodesApi = this.#nodes): ChaosNode {
    let gone = false;
    // A process that is gone says nothing, and does not live to hear the answer to what it said last.
    const gate =
      <Args extends unknown[], T>(speak: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        if (gone) throw new Error('this process is gone');
        const answer = await speak(...args);
        if (gone) throw new Error('this process is gone');
        return answer;
      };
    const node: ChaosNode = {
      id,
      client: createNodeClient({
        target: this.#target,
        node: { node_id: id, node_type: 'effect', contract_capabilities: { capability_tags: ['chaos'] } },
        intervalMs: timing.interval,
        nodes: {
          ...nodes,
          introspect: gate(nodes.introspect),
          heartbeat: gate(nodes.heartbeat),
          ack: gate(async (ack: Ack, call) => {
            const answer = await nodes.ack(ack, call);
            this.acks.push({ node_id: id, attempt_id: ack.attempt_id, result: answer.result });
            return answer;
          }),
        },
      }),
      crash() {
        gone = true;
      },
    };
    this.#all.add(node);
    return node;
  }

  async #active(node: ChaosNode): Promise<boolean> {
    const isActive = await node.client.ready({ timeoutMs: longestHandshakeMs });
    if (isActive) this.handshakes += 1;
    else this.stuck.push(`${node.id}: ${JSON.stringify(node.client.status)}`);
    return isActive;
  }

  async #lane(lane: number): Promise<void> {
    const { signal } = this.#stopping;
    let id = randomUUID();
    for (let life = lane; !signal.aborted; life += 1) {
      const node = this.add(id);
      node.client.start();
      if (!(await this.#active(node))) return;
      await sleep(200 + ((life * 337) % 1_000), undefined, { signal }).catch(() => undefined);
      this.abandoned.add(lifeOf(node));
      if (life % 3 === 0 && !signal.aborted) await node.client.close({ timeoutMs: 2_000 });
      node.crash();
      this.#all.delete(node);
      void node.client.close({ timeoutMs: 1 });
      if (life % 7 === 0) id = randomUUID();
    }
  }
}

function lifeOf({ id, client: { status } }: ChaosNode): string {
  return `${id}/${status.epoch}`;
}
