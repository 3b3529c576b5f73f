/**
 * The notable paths of a registration (registration.md 13, 11): what is said to a node, on short deadlines, and which of
 * its runs is kept. `record-histories.ts` records one history per path; `replay.test.ts` replays them against today's code.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { registrationWorkflowId } from '../../client/ids.ts';
import {
  ackNode,
  deregisterNode,
  introspectNode,
  pokeNode,
  sendEdge,
  signalHeartbeat,
} from '../../client/registration.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Introspection } from '../../contracts/node/messages.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import { registrationInput, registrationType } from '../../workflows/messages/registration.ts';
import {
  ackOf,
  again,
  beatOf,
  deregistrationOf,
  introspection,
  type NodeWorker,
  type NodeWorkerOptions,
} from '../workflow/registration/support/node-worker.ts';

/** What happens to one node. Resolves when the run that is kept has come to where it is interesting. */
export type RegistrationPath = (worker: NodeWorker) => Promise<Kept>;

export interface Kept {
  readonly workflowId: string;
  /** Default: the newest. */
  readonly runId?: string;
}

export const pathSettings = (defaults: NodeSettings): NodeSettings => ({
  ...defaults,
  registration: {
    ...defaults.registration,
    ack_timeout_ms: 700,
    first_liveness_ms: 700,
    liveness_window_ms: 900,
    heartbeat_interval_ms: 300,
    max_attempts: 2,
    retry_backoff: { first_ms: 200, max_ms: 400, jitter_percent: 0 },
    decision_wait_ms: 2_500,
    retire_after_ms: 400,
    admission: { ...defaults.registration.admission, forbidden_capabilities: ['forbidden'] },
  },
});

let awayUntil = 0;
/** The registry is away for a while once a path says so. */
export const pathRegistry: NodeWorkerOptions['registry'] = {
  lookup: (ref) =>
    Promise.reject(
      Date.now() < awayUntil ? new OmniBaseError('RG016') : new OmniBaseError('RG001', { details: { ref } }),
    ),
};

const keptOf = ({ node_id, domain }: Introspection): Kept => ({ workflowId: registrationWorkflowId(domain, node_id) });
const keyOf = ({ node_id, domain }: Introspection) => ({ entity_id: node_id, domain });

async function announce({ client, taskQueue }: NodeWorker, message: Introspection) {
  return introspectNode(client, message, { start: true, taskQueue });
}

async function activate(worker: NodeWorker, message: Introspection): Promise<void> {
  const answer = await announce(worker, message);
  await ackNode(worker.client, ackOf(message, answer?.attempt_id ?? null), { start: false });
}

/** A workflow that retired, so that its history is whole. */
async function ended({ client }: NodeWorker, message: Introspection): Promise<Kept> {
  await client.workflow.getHandle(keptOf(message).workflowId).result();
  return keptOf(message);
}

export const registrationPaths: Readonly<Record<string, RegistrationPath>> = {
  async happy(worker) {
    const message = introspection({ node_name: 'recorded' });
    await activate(worker, message);
    const edge = {
      message_id: again(message).message_id,
      epoch: 1,
      status: 'degraded',
      first: true,
      received_at: new Date().toISOString(),
    } as const;
    await sendEdge(worker.client, keyOf(message), edge);
    await announce(worker, again(message, { reason: 'capability_change', declared_capabilities: { postgres: true } }));
    return keptOf(message);
  },
  async rejected(worker) {
    const message = introspection({ declared_capabilities: { forbidden: true } });
    await announce(worker, message);
    return ended(worker, message);
  },
  async 'retries-exhausted'(worker) {
    const message = introspection({ endpoints: { control: 'http://127.0.0.1:1/offers' } });
    await announce(worker, message);
    return ended(worker, message);
  },
  async expired(worker) {
    const message = introspection();
    await activate(worker, message);
    for (let beat = 0; beat < 4; beat += 1) {
      await signalHeartbeat(
        worker.client,
        beatOf(message, { sequence: beat, status: beat < 2 ? 'healthy' : 'degraded' }),
      );
      await sleep(200);
    }
    return ended(worker, message);
  },
  async deregistered(worker) {
    const message = introspection();
    await activate(worker, message);
    await deregisterNode(worker.client, deregistrationOf(message), { start: false });
    return ended(worker, message);
  },
  async restarted(worker) {
    const message = introspection({ instance_id: 'a' });
    await activate(worker, message);
    await activate(worker, again(message, { instance_id: 'b' }));
    await announce(worker, again(message, { instance_id: 'b', reason: 'shutdown' }));
    return ended(worker, message);
  },
  async undecided(worker) {
    awayUntil = Date.now() + 3_500;
    const message = introspection({ component: { name: 'tool', version: '1.0.0' } });
    await announce(worker, message);
    await announce(worker, again(message));
    return ended(worker, message);
  },
  async continued(worker) {
    const message = introspection();
    await activate(worker, message);
    const { client, taskQueue } = worker;
    const { workflowId } = keptOf(message);
    await client.workflow.getHandle(workflowId).terminate('to begin with a short run');
    const input = { ...registrationInput(message.node_id, message.domain), limits: { history_events: 20 } };
    const first = await client.workflow.start(registrationType, { workflowId, taskQueue, args: [input] });
    await signalHeartbeat(client, beatOf(message));
    for (let turn = 0; turn < 4; turn += 1) await announce(worker, again(message, { reason: 'request' }));
    return { workflowId, runId: first.firstExecutionRunId };
  },
  async misused(worker) {
    const message = introspection();
    await activate(worker, message);
    const handle = worker.client.workflow.getHandle(keptOf(message).workflowId);
    await handle.cancel();
    await handle.signal('heartbeat', { nonsense: true });
    await handle.signal('poke', 'nonsense');
    await handle.signal('sing');
    await handle.executeUpdate('dance', { args: [] }).catch(() => undefined);
    await deregisterNode(worker.client, deregistrationOf(message), { start: false });
    return ended(worker, message);
  },
  async revived(worker) {
    const message = introspection();
    await activate(worker, message);
    await worker.client.workflow.getHandle(keptOf(message).workflowId).terminate('lost');
    await pokeNode(
      worker.client,
      keyOf(message),
      { kind: 'liveness', epoch: 1, incident_id: null },
      { taskQueue: worker.taskQueue },
    );
    return ended(worker, message);
  },
};
