/**
 * What an operator sees of nodes in the Temporal Web UI: lists by search attributes, the card of each node, and what its
 * timer stands for. Set OMNIBASE_UPDATE_PICTURES=1 to refresh the picture of the README.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { openBrowser, type TestBrowser } from '../../support/browser.ts';
import { waitFor } from '../../support/cli.ts';
import { type NodeStack, shortSettings, startNodeStack } from './support/node-stack.ts';

const picture = path.resolve(import.meta.dirname, '../../../docs/pictures/registration.png');
let stack: NodeStack;
/** Null on a machine without Chromium where we may not install it: then there is nothing to look through. */
let browser: TestBrowser | null;
let beating: NodeJS.Timeout;
/** Beats on, waits to be acknowledged, and fell silent. */
const [living, waiting, silent] = [randomUUID(), randomUUID(), randomUUID()];

beforeAll(async () => {
  // An offer stays open for longer than a browser needs to look at it.
  const settings = { ...shortSettings, 'registration.ack_timeout_ms': 600_000 };
  [stack, browser] = await Promise.all([startNodeStack(settings), openBrowser()]);
  await Promise.all([announce(living, 'mailer'), announce(waiting, 'newcomer'), announce(silent, 'gone')]);
  await Promise.all([begin(living), begin(silent)]);
  beating = setInterval(() => void beat(living), 1000);
  await waitFor('the expiry', async () => {
    const { body } = await stack.socket.call('GET', `/api/v1/nodes/${silent}`);
    return (body as { current_state: string }).current_state === 'liveness_expired' || undefined;
  });
}, 240_000);

afterAll(async () => {
  clearInterval(beating);
  await browser?.close();
  await stack?.dispose();
});

it.for([
  ['active', living, silent],
  ['awaiting_ack', waiting, living],
  ['liveness_expired', silent, living],
] as const)('lists nodes that are %s by their search attributes', async ([state, listed, absent], context) => {
  const page = await newPage(context);
  const query = `OmniKind="registration" AND OmniDomain="registration" AND OmniNodeType="effect" AND OmniState="${state}"`;
  await page.goto(`${stack.urls.web_ui}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
  await page.getByText(workflowId(listed)).first().waitFor({ timeout: 30_000 });
  expect(await textOf(page)).not.toContain(absent);
});

it('shows the search attributes and the name of a node beside its history', async (context) => {
  const page = await openNode(context, silent, 'search-attributes');
  const attributes = ['"OmniKind": "registration"', '"OmniState": "liveness_expired"', '"OmniNodeType": "effect"'];
  await expectTexts(page, [...attributes, '"OmniDomain": "registration"']);
  await page.getByRole('tab', { name: 'Memo' }).click();
  await expectTexts(page, ['"node_name": "gone"']);
});

it('has a card with state, epoch and version, deadlines and where to look', async (context) => {
  const page = await openNode(context, living, 'user-metadata');
  const look = `omnibase node get ${living} --domain registration --transitions`;
  await expectTexts(page, ['mailer effect 1.0.0: active', 'epoch.version: 1.6', 'attempt 1 of 2', look]);
  await expectTexts(page, [/last known beat: \d{4}-\S+Z/, 'reported status: healthy']);
  const deadline = /liveness deadline: (\d{4}-\S+Z)/.exec(await textOf(page))?.[1] ?? '';
  // It has lived through several windows by now, and its deadline moves on with each look at it.
  expect(Date.parse(deadline)).toBeGreaterThan(Date.now() - shortSettings['registration.liveness_window_ms']);
  if (process.env['OMNIBASE_UPDATE_PICTURES'] !== '1') return;
  await mkdir(path.dirname(picture), { recursive: true });
  await page.screenshot({ path: picture });
});

it('has a card of an open offer with its deadline', async (context) => {
  const page = await openNode(context, waiting, 'user-metadata');
  await expectTexts(page, ['newcomer effect 1.0.0: awaiting_ack', 'epoch.version: 1.3', /ack deadline: \d{4}-\S+Z/]);
});

it('has a card of an expired node with the reason', async (context) => {
  const page = await openNode(context, silent, 'user-metadata');
  await expectTexts(page, ['gone effect 1.0.0: liveness_expired', 'epoch.version: 1.7', 'reason: missed_heartbeats']);
});

it('names in the history what each timer stands for', async (context) => {
  const page = await openNode(context, silent, 'history');
  await expectTexts(page, ['ack deadline', 'liveness check', 'retire']);
});

function workflowId(id: string): string {
  return `registration/registration/${id}`;
}

function message(id: string) {
  return { node_id: id, timestamp: new Date().toISOString() };
}

async function announce(id: string, name: string): Promise<void> {
  const body = { ...message(id), node_type: 'effect', node_name: name };
  expect(await stack.socket.call('POST', '/api/v1/nodes', { body })).toMatchObject({ status: 201 });
}

async function begin(id: string): Promise<void> {
  const acked = await stack.socket.call('POST', `/api/v1/nodes/${id}/ack`, { body: message(id) });
  expect(acked.body).toMatchObject({ result: 'activated' });
  expect(await beat(id)).toMatchObject({ result: 'accepted', edge: 'applied' });
}

async function beat(id: string): Promise<unknown> {
  const body = { ...message(id), uptime_seconds: process.uptime() };
  return (await stack.socket.call('POST', `/api/v1/nodes/${id}/heartbeat`, { body })).body;
}

function newPage({ skip }: TestContext): Promise<Page> {
  if (browser === null) return skip('no Chromium here: install it or set CHROMIUM_PATH');
  return browser.context.newPage();
}

/** @param tab the part of the page, as its address names it */
async function openNode(context: TestContext, id: string, tab: string): Promise<Page> {
  const page = await newPage(context);
  const { stdout } = await stack.temporal('workflow', 'describe', '--workflow-id', workflowId(id), '--output', 'json');
  const { runId } = (JSON.parse(stdout) as { workflowExecutionInfo: { execution: { runId: string } } })
    .workflowExecutionInfo.execution;
  const workflow = encodeURIComponent(workflowId(id));
  await page.goto(`${stack.urls.web_ui}/namespaces/default/workflows/${workflow}/${runId}/${tab}`);
  return page;
}

/** Waits until the page, with the frames in which it shows Markdown, has all of them. */
async function expectTexts(page: Page, expected: readonly (string | RegExp)[]): Promise<void> {
  const missing = async () => {
    const text = await textOf(page);
    return expected.filter((one) => (typeof one === 'string' ? !text.includes(one) : !one.test(text)));
  };
  await expect.poll(missing, { timeout: 30_000 }).toEqual([]);
}

async function textOf(page: Page): Promise<string> {
  const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
  return texts.join('\n');
}
