/**
 * What an operator sees: the Temporal Web UI lists a stage run under its readable id, and the run's page
 * shows summaries and the details card. Set OMNIBASE_UPDATE_PICTURES=1 to refresh the picture of the README.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { openBrowser, type TestBrowser } from '../../support/browser.ts';
import { cleanEnvironment, startTestStack, type TestStack } from '../../support/cli.ts';

const execute = promisify(execFile);
const picture = path.resolve(import.meta.dirname, '../../../docs/pictures/stage-run.png');
let stack: TestStack;
/** Null on a machine without Chromium where we may not install it: then there is nothing to look through. */
let browser: TestBrowser | null;
let repository: string;
let runId: string;
let webUi: string;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startTestStack(), openBrowser()]);
  repository = await mkdtemp(path.join(tmpdir(), 'omnibase-ui-'));
  const git = (...args: string[]) => execute('git', args, { cwd: repository, env: cleanEnvironment() });
  await git('init', '--quiet', '--initial-branch=main');
  await writeFile(path.join(repository, 'broken.json'), '{ "a": 1,, }\n');
  await writeFile(path.join(repository, 'fine.yaml'), 'a: 1\n');
  expect(await stack.run(['init'], { cwd: repository })).toMatchObject({ code: 0 });
  await git('add', '.');
  const run = await stack.run(['orch', '--stage', 'pre-commit', '--format', 'json'], { cwd: repository });
  expect(run.code, run.stderr).toBe(1);
  runId = (JSON.parse(run.stdout) as { run_id: string }).run_id;
  const status = JSON.parse((await stack.run(['status', '--json'])).stdout) as { urls: { web_ui: string } };
  webUi = status.urls.web_ui;
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await stack?.dispose();
  await rm(repository, { recursive: true, force: true });
});

it('lists the run under its readable id', async (context) => {
  const page = await newPage(context);
  await page.goto(`${webUi}/namespaces/default/workflows`);
  await page.getByText(`stage/pre-commit/${runId}`).first().waitFor({ timeout: 30_000 });
});

it('shows the details card with state, counts, first errors and how to attach', async (context) => {
  const page = await openRun(context);
  await page.getByText('User Metadata', { exact: true }).click();
  const words = ['completed', 'fail 1', 'broken.json:1:10', 'json@', `omnibase orch attach ${runId}`];
  await expect.poll(() => textOf(page), { timeout: 30_000 }).toEqual(expect.stringContaining('Attach'));
  const text = await textOf(page);
  expect(words.filter((word) => !text.includes(word))).toEqual([]);
  if (process.env['OMNIBASE_UPDATE_PICTURES'] !== '1') return;
  await mkdir(path.dirname(picture), { recursive: true });
  await page.screenshot({ path: picture });
});

it('shows what each step checked', async (context) => {
  const page = await openRun(context);
  await page.getByText('Event History').first().click();
  await expect.poll(() => textOf(page), { timeout: 30_000 }).toMatch(/on 3 files, batch 1\/1/);
});

function newPage({ skip }: TestContext): Promise<Page> {
  if (browser === null) return skip('no Chromium here: install it or set CHROMIUM_PATH');
  return browser.context.newPage();
}

async function openRun(context: TestContext): Promise<Page> {
  const page = await newPage(context);
  await page.goto(`${webUi}/namespaces/default/workflows/${encodeURIComponent(`stage/pre-commit/${runId}`)}`);
  await page.getByText('stageRun').first().waitFor({ timeout: 30_000 });
  return page;
}

/** Text of the page and of the frames in which it shows Markdown. */
async function textOf(page: Page): Promise<string> {
  const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
  return texts.join('\n');
}
