/** Nodes over HTTP, on Postgres and Temporal: the handshake, beats, reads; every answer fits its published schema. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorAnswerSchema } from '../../../../api/schemas/answers.ts';
import { fuzzGateway } from '../../../unit/api/support/fuzz.ts';
import { testGateway } from '../../../unit/api/support/gateway.ts';
import { newNode, type NodeStack, openNodeStack } from './support.ts';

let stack: NodeStack;
const base = '/api/v1/nodes';

beforeAll(async () => {
  stack = await openNodeStack();
}, 60_000);
afterAll(() => stack.dispose());

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Held against its schema before anybody looks at it. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** Asks the real listener, and holds the answer against the schema of its route. */
async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const sent = request(
    {
      socketPath: stack.socketPath,
      method,
      path,
      headers: { ...(payload === undefined ? {} : jsonHeaders(payload)), ...headers },
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text === '' ? null : JSON.parse(text),
        });
      });
    },
  );
  sent.once('error', reject);
  sent.end(payload);
  const reply = await promise;
  fitsItsSchema(method, path, reply);
  expect(reply.headers['x-correlation-id']).toMatch(/^[!-~]{1,128}$/);
  return reply;
}

/** Node sends a DELETE without its length otherwise. */
function jsonHeaders(payload: string): Record<string, string> {
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) };
}

function fitsItsSchema(method: string, path: string, { status, body }: Reply): void {
  if (status >= 400) {
    errorAnswerSchema.parse(body);
    return;
  }
  const [pathname = ''] = path.split('?');
  const route = stack.gateway.routes
    .filter((known) => known.method === method)
    .sort((a, b) => Number(a.path.includes(':')) - Number(b.path.includes(':')))
    .find((known) => new RegExp(`^${known.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(pathname));
  const described = route?.responses[status];
  expect(described, `${method} ${path} → ${status}`).toBeDefined();
  described?.schema?.parse(body);
}

const now = () => new Date().toISOString();
const beat = (change: Record<string, unknown> = {}) => ({ timestamp: now(), uptime_seconds: 10, ...change });

async function activated(change: Record<string, unknown> = {}): Promise<string> {
  const message = newNode(change);
  const offer = await ask('POST', base, message);
  expect([offer.status, offer.body.result]).toEqual([201, 'started']);
  const ack = await ask('POST', `${base}/${message.node_id}/ack`, {
    attempt_id: offer.body.attempt_id,
    timestamp: now(),
    ...('domain' in change ? { domain: change['domain'] } : {}),
  });
  expect([ack.status, ack.body.result]).toEqual([200, 'activated']);
  return message.node_id;
}

describe('the handshake', () => {
  it('offers, activates, beats, and takes out', async () => {
    const message = newNode();
    const { node_id: id } = message;
    const offer = await ask('POST', base, message);
    expect(offer.status).toBe(201);
    expect(offer.body).toMatchObject({
      result: 'started',
      state: 'awaiting_ack',
      epoch: 1,
      attempt_number: 1,
      next: 'ack',
      reason: null,
    });
    expect(offer.body.ack_in_ms).toBeGreaterThan(25_000);
    expect(offer.body.next_heartbeat_in_ms).toBeGreaterThanOrEqual(27_000);
    expect(offer.body.next_heartbeat_in_ms).toBeLessThanOrEqual(33_000);

    const waiting = await ask('POST', `${base}/${id}/heartbeat`, beat());
    expect(waiting.body).toMatchObject({ result: 'accepted', next: 'ack', attempt_id: offer.body.attempt_id });
    const shown = await ask('GET', `${base}/${id}/offer`);
    expect(shown.body).toMatchObject({ state: 'awaiting_ack', epoch: 1, attempt_id: offer.body.attempt_id });

    const again = await ask('POST', base, { ...message, message_id: randomUUID() });
    expect([again.status, again.body.result, again.body.attempt_id]).toEqual([200, 'joined', offer.body.attempt_id]);

    const commandId = randomUUID();
    const ackBody = { attempt_id: offer.body.attempt_id, command_id: commandId, timestamp: now() };
    const ack = await ask('POST', `${base}/${id}/ack`, ackBody);
    expect(ack.body).toMatchObject({ result: 'activated', state: 'active', next: 'heartbeat' });
    expect((await ask('POST', `${base}/${id}/ack`, ackBody)).body.result).toBe('duplicate');
    expect((await ask('GET', `${base}/${id}/offer?wait=0.1`)).status).toBe(204);

    const first = await ask('POST', `${base}/${id}/heartbeat`, beat({ uptime_seconds: 20, epoch: 1 }));
    expect(first.body).toMatchObject({ result: 'accepted', next: 'heartbeat', edge: 'applied', state: 'active' });
    const second = await ask('POST', `${base}/${id}/heartbeat`, beat({ uptime_seconds: 30 }));
    expect(second.body).toMatchObject({ result: 'accepted', edge: 'none' });
    const worse = await ask('POST', `${base}/${id}/heartbeat`, beat({ uptime_seconds: 40, status: 'degraded' }));
    expect(worse.body).toMatchObject({ result: 'accepted', edge: 'applied' });

    const goodbye = { reason: 'maintenance', actor: { type: 'operator', id: 'ops' } };
    const gone = await ask('DELETE', `${base}/${id}`, goodbye);
    expect([gone.status, gone.body.result, gone.body.state]).toEqual([200, 'deregistered', 'liveness_expired']);
    expect((await ask('DELETE', `${base}/${id}`, goodbye)).body.result).toBe('already_closed');
    expect((await ask('POST', `${base}/${id}/heartbeat`, beat())).body).toMatchObject({
      result: 'ignored_terminal',
      next: 'introspect',
    });
  });

  it('answers a repeated message with the present state', async () => {
    const message = newNode({ message_id: randomUUID() });
    await ask('POST', base, message);
    const again = await ask('POST', base, message);
    expect([again.status, again.body.result, again.body.state]).toEqual([200, 'duplicate', 'awaiting_ack']);
  });

  it('answers what means nothing with 200', async () => {
    const id = randomUUID();
    const one = `${base}/${id}`;
    const ack = await ask('POST', `${one}/ack`, { attempt_id: randomUUID(), timestamp: now() });
    expect([ack.status, ack.body.result, ack.body.next]).toEqual([200, 'unknown_node', 'introspect']);
    const unknownBeat = await ask('POST', `${one}/heartbeat`, beat());
    expect([unknownBeat.status, unknownBeat.body.result]).toEqual([200, 'unknown_node']);
    const goodbye = await ask('DELETE', one, { reason: 'x', actor: { type: 'node', id } });
    expect([goodbye.status, goodbye.body.result]).toEqual([200, 'unknown_node']);
    const shutdown = await ask('POST', base, newNode({ node_id: id, reason: 'shutdown' }));
    expect([shutdown.status, shutdown.body.result]).toEqual([200, 'unknown_node']);
    expect((await ask('GET', one)).status).toBe(404);
  });

  it('refuses by policy with an answer, not an error', async () => {
    stack.configure({ admission: { ...stackAdmission, node_types: ['effect'] } });
    try {
      const { status, body } = await ask('POST', base, newNode());
      expect([status, body.result, body.state, body.reason.code]).toEqual([
        200,
        'rejected',
        'rejected',
        'node_type_not_allowed',
      ]);
      expect(body.retry_after_ms).toBe(60_000);
    } finally {
      stack.configure({ admission: stackAdmission });
    }
  });

  it('keeps two domains of one entity apart', async () => {
    const id = await activated();
    await activated({ node_id: id, domain: 'edge' });
    await ask('DELETE', `${base}/${id}`, { reason: 'x', actor: { type: 'node', id }, domain: 'edge' });
    expect((await ask('GET', `${base}/${id}`)).body.current_state).toBe('active');
    expect((await ask('GET', `${base}/${id}?domain=edge`)).body.current_state).toBe('liveness_expired');
  });
});

const stackAdmission = {
  closed_domains: [],
  node_types: [],
  minimum_versions: {},
  minimum_component_versions: {},
  require_component: false,
  forbidden_capabilities: [],
  required_capabilities: [],
};

describe('heartbeats together', () => {
  it('answers each item in order, and a bad one fails only itself', async () => {
    const [a, b] = [await activated(), await activated()];
    const { status, body } = await ask('POST', `${base}/heartbeats`, {
      items: [
        beat({ node_id: a }),
        { node_id: 'nobody' },
        beat({ node_id: randomUUID() }),
        beat({ node_id: b, epoch: 1 }),
        null,
        beat({ node_id: a, uptime_seconds: 11 }),
      ],
    });
    expect(status).toBe(200);
    expect(
      body.items.map((item: { result?: string; error?: { code: string } }) => item.result ?? item.error?.code),
    ).toEqual(['accepted', 'ND001', 'unknown_node', 'accepted', 'ND001', 'accepted']);
    expect(JSON.stringify(body.items[1])).not.toContain('nobody');
  });

  it('tells an old process to stop', async () => {
    const message = newNode({ instance_id: 'one' });
    const first = await ask('POST', base, message);
    await ask('POST', base, { ...message, message_id: randomUUID(), instance_id: 'two' });
    const { body } = await ask('POST', `${base}/${message.node_id}/heartbeat`, beat({ epoch: first.body.epoch }));
    expect(body).toMatchObject({ result: 'stale_epoch', next: 'stop', epoch: 2, next_heartbeat_in_ms: null });
  });

  it('hands a request for introspection on with the next beat', async () => {
    const id = await activated();
    const asked = await ask('POST', `${base}/introspection-requests`, { ids: [id, randomUUID()] });
    expect([asked.status, asked.body.requested]).toEqual([202, 1]);
    expect((await ask('POST', `${base}/${id}/heartbeat`, beat())).body.next).toBe('introspect');
    expect((await ask('POST', `${base}/${id}/heartbeat`, beat({ uptime_seconds: 11 }))).body.next).toBe('heartbeat');
  });

  it('counts them by result', async () => {
    await ask('POST', `${base}/${randomUUID()}/heartbeat`, beat());
    const text = await stack.metrics.metrics();
    expect(text).toMatch(/omnibase_heartbeats_total\{path="gateway",result="unknown_node"\} [1-9]/);
    expect(text).toMatch(/omnibase_heartbeat_ingest_seconds_count [1-9]/);
    expect(text).toMatch(/omnibase_heartbeat_batch_rows_count [1-9]/);
  });
});

describe('reading', () => {
  it('shows a node, its history and its workflow, with one tag', async () => {
    const id = await activated();
    const one = `${base}/${id}`;
    const node = await ask('GET', one);
    expect(node.body).toMatchObject({
      entity_id: id,
      current_state: 'active',
      node_name: 'resizer',
      live: { state: 'active' },
    });
    const tag = `"${node.body.epoch}.${node.body.version}"`;
    expect(node.headers['etag']).toBe(tag);
    const history = await ask('GET', `${one}/transitions`);
    expect(history.headers['etag']).toBe(tag);
    expect(history.body.items.map(({ to_state }: { to_state: string }) => to_state)).toEqual([
      'active',
      'ack_received',
      'awaiting_ack',
      'accepted',
      'pending_registration',
    ]);
    const live = await ask('GET', `${one}/live`);
    expect([live.headers['etag'], live.body.state]).toEqual([tag, 'active']);
    for (const url of [one, `${one}/transitions`, `${one}/live`]) {
      expect((await ask('GET', url, undefined, { 'if-none-match': tag })).status).toBe(304);
    }
    await ask('POST', `${one}/heartbeat`, beat());
    expect((await ask('GET', one, undefined, { 'if-none-match': tag })).status).toBe(200);
    const page = await ask('GET', `${one}/transitions?limit=2`);
    expect([page.body.items.length, page.body.has_more]).toEqual([2, true]);
    const next = await ask('GET', `${one}/transitions?limit=2&cursor=${page.body.next_cursor}`);
    expect(next.body.items[0].id).toBeLessThan(page.body.items[1].id);
  });

  it('lists and counts by what is asked for', async () => {
    const tag = `tag.${randomUUID()}`;
    const id = await activated({ contract_capabilities: { capability_tags: [tag, 'other'] } });
    const ids = async (query: string) =>
      (await ask('GET', `${base}?${query}`)).body.items.map(({ entity_id }: { entity_id: string }) => entity_id);
    expect(await ids(`tag=${tag}&tag=other&state=active`)).toEqual([id]);
    expect(await ids(`tag=${tag}&tag=missing`)).toEqual([]);
    expect(await ids(`any_tag=${tag}&any_tag=missing`)).toEqual([id]);
    expect(await ids(`tag=${tag}&domain=elsewhere`)).toEqual([]);
    expect(await ids(`tag=${tag}&domain=*`)).toEqual([id]);
    expect(await ids(`tag=${tag}&overdue=false`)).toEqual([id]);
    expect(await ids(`tag=${tag}&capability=${encodeURIComponent('{"processing":true}')}`)).toEqual([id]);
    const { body } = await ask('GET', `${base}/counts`);
    expect(body.active).toBeGreaterThan(0);
    const { total, ...states } = body;
    expect(Object.values<number>(states).reduce((sum, one) => sum + one, 0)).toBe(total);
  });

  it('chooses a node, or says that there is none', async () => {
    const tag = `tag.${randomUUID()}`;
    const missing = await ask('POST', `${base}/select`, { capability: tag });
    expect([missing.status, missing.body.error.code]).toEqual([404, 'ND004']);
    const id = await activated({ contract_capabilities: { capability_tags: [tag] } });
    const chosen = await ask('POST', `${base}/select`, { capability: tag, strategy: 'round_robin' });
    expect([chosen.status, chosen.body.node.entity_id, chosen.body.strategy, chosen.body.candidates]).toEqual([
      200,
      id,
      'round_robin',
      1,
    ]);
    expect((await ask('POST', `${base}/select`, { capability: tag, exclude: [id] })).status).toBe(404);
    const none = await ask('POST', `${base}/select`, {});
    expect([none.status, none.body.error.code]).toEqual([400, 'ND002']);
  });

  it.each([`${base}?cursor=zzz`, `${base}?limit=0`, `${base}?nope=1`])('%s is ND002', async (url) => {
    const { status, body } = await ask('GET', url);
    expect([status, body.error.code]).toEqual([400, 'ND002']);
  });

  it.each(['', '/transitions', '/live', '/offer'])('an unknown node has no %s', async (rest) => {
    const { status, body } = await ask('GET', `${base}/${randomUUID()}${rest}`);
    expect([status, body.error.code]).toEqual([404, 'ND003']);
  });
});

it('finds no input that fails the service behind the routes', async () => {
  const { gateway } = testGateway({ deps: { nodes: stack.nodes } });
  const items = [beat({ node_id: randomUUID() }), { node_id: 1 }];
  await fuzzGateway(gateway, 600, [newNode(), beat({ node_id: randomUUID() }), { items }]);
  await gateway.close();
});
