/**
 * A node registers, acknowledges, is active, falls silent and expires, seen through every door: HTTP on the local socket
 * and over TCP, the command line, and Temporal alone.
 */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../support/cli.ts';
import { type FollowedStream, followEvents } from '../support/event-stream.ts';
import type { Http } from '../support/http.ts';
import type { NodeStack } from '../support/node-stack.ts';
import { expectExpiredRow, expectStory, type Key, recorded, type Said, wholeLife } from '../support/story.ts';

const now = () => new Date().toISOString();
const said = (): { readonly id: string; readonly correlation: string } => ({
  id: randomUUID(),
  correlation: randomUUID(),
});
const newKey = (): Key => ({ id: randomUUID(), domain: `life-${randomUUID().slice(0, 8)}` });

let stack: NodeStack;

/** @param opened the stack, once it is up */
export function lives(opened: () => NodeStack): void {
  let token: string;
  beforeAll(async () => {
    stack = opened();
    token = await stack.token('node.register', 'node.read');
  });

  describe.concurrent('a whole life', () => {
    it.each([
      ['the unix socket', () => stack.socket],
      ['TCP with a token', () => stack.tcp(token)],
    ])('through HTTP over %s, twice', async (_, door) => {
      const http = door();
      const key = newKey();
      const stream = await followEvents(http, `domain=${key.domain}`);
      const first = await liveOverHttp(http, key, 1);
      const second = await liveOverHttp(http, key, 2);
      const story = [...first, ...second];
      const steps = await expectStory(stack, key, story, () => stream.events);
      await expectExpiredRow(stack, key, required(steps.at(-1)));
      expect(steps[7]?.event['payload']).toMatchObject({
        supersedes: { epoch: 1, state: 'liveness_expired', attempt_id: steps[0]?.attempt_id },
      });
      await expectNothingMore(key, story.length, stream);
    });

    it('through the command line', async () => {
      const key = newKey();
      const stream = await followEvents(stack.socket, `domain=${key.domain}`);
      const { correlation } = said();
      const at = `--domain ${key.domain}`;
      const offer = await json(
        `register --id ${key.id} --type compute --name cli --tag gpu --correlation-id ${correlation} ${at}`,
      );
      expect(offer).toMatchObject({ registered: true, state: 'awaiting_ack', epoch: 1 });
      const acked = await json(`ack ${key.id} --attempt ${String(offer['attempt_id'])} ${at}`);
      expect(acked).toMatchObject({ acknowledged: true, result: 'activated', state: 'active' });
      expect(await json(`heartbeat ${key.id} ${at}`)).toMatchObject({ accepted: true, next: 'heartbeat' });
      expect(await json(`select --tag gpu ${at}`)).toMatchObject({ node: { entity_id: key.id } });
      const row = await waitFor('the expiry', async () => {
        const shown = await json(`get ${key.id} --transitions ${at}`);
        return shown['current_state'] === 'liveness_expired' ? shown : undefined;
      });
      expect(row['transitions']).toHaveLength(7);

      // The command line makes the ids of its messages itself: what it sent is read from the first step of each.
      const steps = await recorded(stack, key);
      const by = (version: number): Said => ({
        id: steps[version - 1]?.cause_id ?? null,
        correlation: steps[version - 1]?.correlation_id ?? '',
      });
      expect(by(1).correlation).toBe(correlation);
      expect(new Set([by(1).id, by(4).id, by(6).id]).size).toBe(3);
      const story = wholeLife(1, by(1), by(4), by(6));
      await expectStory(stack, key, story, () => stream.events);
      await expectExpiredRow(stack, key, required(steps.at(-1)));

      const watched = await node(`watch ${key.id} --since 0 --count 7 --timeout 20s --format jsonl ${at}`);
      expect(watched.code, watched.stderr).toBe(0);
      expect(watched.stdout.trim().split('\n').map(eventIdOf)).toEqual(steps.map(({ event_id }) => event_id));
      expect(await node(`select --tag gpu ${at}`)).toMatchObject({ code: 3 });
      const late = await node(`heartbeat ${key.id} --json ${at}`);
      expect(late.code).toBe(1);
      expect(JSON.parse(late.stdout)).toMatchObject({
        accepted: false,
        result: 'ignored_terminal',
        next: 'introspect',
      });
      await expectNothingMore(key, story.length, stream);
    });

    it('through Temporal alone', async () => {
      const key = newKey();
      const stream = await followEvents(stack.socket, `domain=${key.domain}`);
      const workflow = `--workflow-id registration/${key.domain}/${key.id}`;
      const [introspection, ack, beat] = [said(), said(), said()];
      const message = { node_id: key.id, domain: key.domain, timestamp: now() };
      const snapshot = async () => {
        const { queryResult } = await temporal(`workflow query ${workflow} --type snapshot`);
        return (queryResult as Record<string, unknown>[])[0] ?? {};
      };
      const signal = async (name: string, input: object) => {
        const sent = await stack.temporal(...words(`workflow signal ${workflow} --name ${name} --input`), text(input));
        expect(sent).toMatchObject({ code: 0 });
      };

      const { updateResult } = await temporal(
        `workflow execute-update-with-start ${workflow} --type registration --task-queue omnibase-control
         --id-conflict-policy UseExisting --update-name introspect --update-id ${introspection.id}`,
        ['--input', { schema_version: 1, entity_id: key.id, domain: key.domain, carried: null }],
        ['--update-input', { ...message, node_type: 'reducer', ...idsOf(introspection, 'message_id') }],
      );
      expect(updateResult).toMatchObject({ result: 'started', state: 'awaiting_ack', next: 'ack', epoch: 1 });
      const { attempt_id } = updateResult as { attempt_id: string };
      expect(await snapshot()).toMatchObject({ state: 'awaiting_ack', version: 3, attempt_id });
      const { result } = await temporal(`workflow update execute ${workflow} --name ack --update-id ${ack.id}`, [
        '--input',
        { ...message, attempt_id, ...idsOf(ack, 'command_id') },
      ]);
      expect(result).toMatchObject({ result: 'activated', state: 'active', next: 'heartbeat' });
      await signal('heartbeat', { ...message, uptime_seconds: 1, ...idsOf(beat, 'message_id') });
      const heard = await waitFor('the beat', async () => {
        const seen = await snapshot();
        return seen['version'] === 6 ? seen : undefined;
      });
      expect(heard).toMatchObject({ state: 'active', heartbeat: { result: 'accepted', next: 'heartbeat' } });
      await waitFor('the expiry', async () => (await snapshot())['state'] === 'liveness_expired' || undefined);

      const story = wholeLife(1, introspection, ack, beat);
      const steps = await expectStory(stack, key, story, () => stream.events);
      await expectExpiredRow(stack, key, required(steps.at(-1)));
      // A beat for the dead, and a poke that lies, change nothing.
      await signal('heartbeat', { ...message, uptime_seconds: 9 });
      await signal('poke', { kind: 'liveness', epoch: 1, incident_id: null });
      await waitFor('the answer to the late beat', async () => {
        const { heartbeat } = (await snapshot()) as { heartbeat: { result: string } };
        return heartbeat.result === 'ignored_terminal' || undefined;
      });
      await expectNothingMore(key, story.length, stream);
    });
  });
}

/** Registers, acknowledges, beats once, and then says nothing until it is expired. */
async function liveOverHttp(http: Http, key: Key, epoch: number) {
  const [introspection, ack, beat] = [said(), said(), said()];
  const path = `/api/v1/nodes/${key.id}`;
  const message = { node_id: key.id, domain: key.domain, timestamp: now() };
  const offer = await http.call('POST', '/api/v1/nodes', {
    body: { ...message, node_type: 'effect', node_name: 'http', message_id: introspection.id },
    // The gateway fills in the correlation id of the call.
    headers: { 'x-correlation-id': introspection.correlation },
  });
  expect(offer).toMatchObject({ status: 201, headers: { 'x-correlation-id': introspection.correlation } });
  expect(offer.body).toMatchObject({ result: 'started', state: 'awaiting_ack', next: 'ack', epoch });
  const { attempt_id } = offer.body as { attempt_id: string };
  const acked = await http.call('POST', `${path}/ack`, {
    body: { ...message, attempt_id, command_id: ack.id, correlation_id: ack.correlation },
  });
  expect(acked).toMatchObject({ status: 200, body: { result: 'activated', state: 'active', next: 'heartbeat' } });
  const heard = await http.call('POST', `${path}/heartbeat`, {
    body: { ...message, uptime_seconds: 1, message_id: beat.id, correlation_id: beat.correlation },
  });
  expect(heard).toMatchObject({ status: 200, body: { result: 'accepted', next: 'heartbeat', edge: 'applied', epoch } });
  await waitFor('the expiry', async () => {
    const { body } = await http.call('GET', `${path}?domain=${key.domain}`);
    return (body as { current_state: string }).current_state === 'liveness_expired' || undefined;
  });
  const shown = await http.call('GET', `${path}/transitions?domain=${key.domain}`);
  expect((shown.body as { items: unknown[] }).items).toHaveLength(7 * epoch);
  const late = await http.call('POST', `${path}/heartbeat`, { body: { ...message, uptime_seconds: 9 } });
  expect(late).toMatchObject({ status: 200, body: { result: 'ignored_terminal', next: 'introspect' } });
  return wholeLife(epoch, introspection, ack, beat);
}

/** Sweeps pass, and the story stays as long as it was: in the tables and on the stream. */
async function expectNothingMore(key: Key, length: number, stream: FollowedStream): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await recorded(stack, key)).toHaveLength(length);
  await stream.close();
  expect(stream.events).toHaveLength(length);
}

function node(line: string) {
  return stack.run(['node', ...words(line)]);
}

async function json(line: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await node(`${line} --json --quiet`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** @param inputs options whose values are JSON */
async function temporal(
  line: string,
  ...inputs: readonly (readonly [string, object])[]
): Promise<Record<string, unknown>> {
  const given = inputs.flatMap(([option, value]) => [option, text(value)]);
  const { code, stdout, stderr } = await stack.temporal(...words(line), ...given, '--output', 'json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const words = (line: string) => line.split(/\s+/);
const text = (value: object) => JSON.stringify(value);
const idsOf = ({ id, correlation }: ReturnType<typeof said>, name: 'message_id' | 'command_id') => ({
  [name]: id,
  correlation_id: correlation,
});

function eventIdOf(line: string): unknown {
  return (JSON.parse(line) as { event_id: string }).event_id;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such step');
  return value;
}
