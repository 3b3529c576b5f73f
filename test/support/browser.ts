/** A headless Chromium with a fresh profile, found or obtained; used by the browser tests. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium } from 'playwright-core';

const execute = promisify(execFile);
const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Flags that keep a browser quiet on a closed network and runnable as root. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface TestBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** Opens a browser; null when this machine has none and we may not install one. */
export async function openBrowser(): Promise<TestBrowser | null> {
  const executablePath = await findBrowser();
  if (executablePath === null) return null;
  const profile = await mkdtemp(path.join(tmpdir(), 'omnibase-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: flags,
    viewport: { width: 1440, height: 1000 },
    colorScheme: 'light',
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** `CHROMIUM_PATH`, the usual places, else Debian's package when we may install one. */
async function findBrowser(): Promise<string | null> {
  const named = process.env['CHROMIUM_PATH'];
  const found = [...(named === undefined ? [] : [named]), ...candidates].find((file) => existsSync(file));
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write('installing Chromium for the browser test (about a minute)\n');
    await execute(
      'sh',
      ['-c', 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium'],
      { timeout: 240_000, maxBuffer: 1 << 26 },
    );
    const installed = candidates.find((file) => existsSync(file));
    if (installed !== undefined) return installed;
  }
  return null;
}
