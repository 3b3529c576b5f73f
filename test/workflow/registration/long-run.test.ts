/**
 * Registrations that live long (registration.md 9 "Continue-as-new"): runs hand over under a stream of messages, and
 * none is lost. What every run did is replayed afterwards, so whatever is not deterministic shows.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { sendEdge, signalHeartbeat, snapshotNode } from '../../../client/registration.ts';
import type { Introspection, StatusEdge } from '../../../contracts/node/messages.ts';
import { registrationInput, registrationType } from '../../../workflows/messages/registration.ts';
import { workflowBundle as bundle } from '../../../workers/build-bundle.ts';
import { ackOf, again, beatOf, introspection, silentSinks } from './support/node-worker.ts';
import { useNodes } from './support/node-workers.ts';

const nodes = useNodes();

/** A node that is active, in a workflow whose runs hand over after some sixty events. */
async function activeInShortRuns(): Promise<Introspection> {
  const message = introspection({ instance_id: 'a' });
  const { attempt_id } = await nodes.introspect(message);
  await nodes.ack(ackOf(message, attempt_id));
  const { client, taskQueue } = nodes.worker;
  const workflowId = nodes.workflowId(message);
  await client.workflow.getHandle(workflowId).terminate('to begin with short runs');
  const input = { ...registrationInput(message.node_id, message.domain), limits: { history_events: 60 } };
  await client.workflow.start(registrationType, { workflowId, taskQueue, args: [input] });
  return message;
}

/** Ids of the runs, newest first, once the visibility store has heard of a hand-over. */
async function runsOf(message: Introspection): Promise<string[]> {
  const query = `WorkflowId = "${nodes.workflowId(message)}"`;
  const list = async (): Promise<Map<string, string>> => {
    const runs = new Map<string, string>();
    for await (const { runId, status } of nodes.worker.client.workflow.list({ query })) runs.set(runId, status.name);
    return runs;
  };
  await expect.poll(async () => [...(await list()).values()], { timeout: 10_000 }).toContain('CONTINUED_AS_NEW');
  return [...(await list()).keys()];
}

async function replay(message: Introspection): Promise<void> {
  const workflowBundle = await bundle();
  for (const runId of await runsOf(message)) {
    const history = await nodes.worker.client.workflow.getHandle(nodes.workflowId(message), runId).fetchHistory();
    await Worker.runReplayHistory(
      { workflowBundle, replayName: runId, sinks: silentSinks },
      history,
      nodes.workflowId(message),
    );
  }
}

type Saying = 'introspect' | 'change' | 'ack' | 'edge' | 'beat' | 'poke';
const sayings: fc.Arbitrary<Saying> = fc.constantFrom('introspect', 'change', 'ack', 'edge', 'beat', 'poke');

const expected = new Set(['unchanged', 'refreshed', 'duplicate', 'ack duplicate', 'edge active']);

describe('a stream of messages', () => {
  it('is answered to the last one, whatever run hears it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sayings, { minLength: 40, maxLength: 50 }),
        fc.integer({ min: 1, max: 4 }),
        async (said, lanes) => {
          const message = await activeInShortRuns();
          const key = { entity_id: message.node_id, domain: message.domain };
          const sent: Introspection[] = [];
          const answers: string[] = [];
          let flips = 0;
          const say = async (saying: Saying): Promise<void> => {
            switch (saying) {
              case 'introspect':
              case 'change': {
                const changes = saying === 'change' ? { metadata: { turn: (flips += 1) } } : {};
                const next = again(message, { reason: 'request', ...changes });
                sent.push(next);
                answers.push((await nodes.introspect(next)).result);
                break;
              }
              case 'ack':
                answers.push(`ack ${(await nodes.ack(ackOf(message, null))).result}`);
                break;
              case 'edge': {
                flips += 1;
                const edge: StatusEdge = {
                  message_id: randomUUID(),
                  epoch: 1,
                  status: flips % 2 === 0 ? 'healthy' : 'degraded',
                  first: false,
                  received_at: new Date().toISOString(),
                };
                const { state } = await sendEdge(nodes.worker.client, key, edge, 20_000);
                answers.push(`edge ${String(state)}`);
                break;
              }
              case 'beat':
                await signalHeartbeat(nodes.worker.client, beatOf(message, { epoch: 1 }));
                break;
              case 'poke':
                await nodes.poke(message, { kind: 'stuck', epoch: 1, incident_id: null });
                break;
            }
          };
          const queue = [...said];
          await Promise.all(
            Array.from({ length: lanes }, async () => {
              for (let saying = queue.shift(); saying !== undefined; saying = queue.shift()) await say(saying);
            }),
          );
          const updates = said.filter((saying) => saying !== 'beat' && saying !== 'poke').length;
          expect(answers).toHaveLength(updates);
          // A task that was tried again met what it had written itself: such a message is a duplicate then.
          expect(answers.filter((answer) => !expected.has(answer))).toEqual([]);
          // What the last runs heard, this one knows.
          const last = sent.at(-1);
          if (last !== undefined) expect((await nodes.introspect(last)).result).toBe('duplicate');
          expect(await snapshotNode(nodes.worker.client, key)).toMatchObject({
            state: 'active',
            epoch: 1,
            inbox_length: 0,
          });
          const row = await nodes.row(message);
          const snapshot = await snapshotNode(nodes.worker.client, key);
          expect([row.epoch, row.version]).toEqual([snapshot?.epoch, snapshot?.version]);
          await replay(message);
        },
      ),
      { numRuns: 2, endOnFailure: true },
    );
  });
});

describe('the handshake in runs that are too short for it', () => {
  it('ends active all the same, and time goes on across runs', async () => {
    const message = introspection();
    const { client, taskQueue } = nodes.worker;
    const first = await nodes.introspect(message);
    const workflowId = nodes.workflowId(message);
    await client.workflow.getHandle(workflowId).terminate('to begin with short runs');
    const input = { ...registrationInput(message.node_id, message.domain), limits: { history_events: 1 } };
    await client.workflow.start(registrationType, { workflowId, taskQueue, args: [input] });
    // A run that always is too long hands over at once, for ever; a message is heard by one of them.
    expect((await nodes.ack(ackOf(message, first.attempt_id))).result).toBe('activated');
    await client.workflow.getHandle(workflowId).terminate('enough');
    expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7');
  });
});
