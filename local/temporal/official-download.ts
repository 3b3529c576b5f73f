/**
 * The official download, made by the Temporal SDK's own ephemeral-server support. It offers no progress, no
 * cancellation and no "only download", so it runs in a child process that is ended once the file is complete,
 * or as soon as nothing arrives: without a network it gives up within 50 ms, behind a silent firewall after a
 * few seconds.
 */
import { readdir, stat } from 'node:fs/promises';
import { statSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCommand } from '../processes/command.ts';
import type { BinarySource, SourceContext, SourceResult } from './obtain.ts';
import { pinnedVersion } from './release.ts';

const totalTimeoutMs = 180_000;
/** How long no byte may arrive. */
const stallMs = 6_000;

/** Downloads, starts the server once (the SDK knows no other way) and stops it again. */
const script = `
const { TestWorkflowEnvironment } = await import(process.env.OMNIBASE_SDK_TESTING);
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', version: process.env.OMNIBASE_VERSION, downloadDir: process.env.OMNIBASE_TARGET } },
});
await environment.teardown();
`;

export const downloadOfficial: BinarySource = {
  name: 'official download',
  version: pinnedVersion,
  announcement: `temporal server ${pinnedVersion}: official download through the Temporal SDK (about 50 MB, up to a minute; at once when offline)`,
  fetch: download,
};

async function download(directory: string, context: SourceContext): Promise<SourceResult> {
  const watch = watchGrowth(directory, context.report);
  const result = await runCommand(process.execPath, ['--input-type=module', '-e', script], {
    timeoutMs: totalTimeoutMs,
    signal: context.signal,
    guardian: context.guardian,
    cwd: directory,
    keepGoing: watch,
    env: {
      ...context.env,
      OMNIBASE_SDK_TESTING: testingModule(),
      OMNIBASE_VERSION: `v${pinnedVersion}`,
      OMNIBASE_TARGET: directory,
      NODE_OPTIONS: '',
    },
  });
  const path = await completeFile(directory);
  if (path !== null) return { ok: true, path };
  return { ok: false, reason: result.timedOut ? 'no data arrived in time' : reasonOf(result.output) };
}

/** Not by `import.meta.resolve`: the module runner of the tests has none, and there the cache may be empty as well. */
function testingModule(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('@temporalio/testing')).href;
}

/** The SDK writes `<name>.downloading` and renames it when complete. */
async function completeFile(directory: string): Promise<string | null> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (!name.endsWith('.downloading') && (await stat(path)).isFile()) return path;
  }
  return null;
}

function watchGrowth(directory: string, report: (line: string) => void): () => boolean {
  let size = 0;
  let grownAt = Date.now();
  let reportedAt = Date.now();
  return () => {
    const now = Date.now();
    const current = readdirSync(directory)
      .map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0)
      .reduce((sum, bytes) => sum + bytes, 0);
    if (current > size) {
      size = current;
      grownAt = now;
    }
    if (size > 0 && now - reportedAt > 2_000) {
      reportedAt = now;
      report(`temporal server: ${Math.round(size / 1e6)} MB unpacked`);
    }
    return now - grownAt < stallMs;
  };
}

function reasonOf(output: string): string {
  const line = output.split('\n').find((text) => text.includes('Error:')) ?? output.trim().split('\n').at(-1) ?? '';
  return line.replace(/^.*Error:\s*/, '').slice(0, 300);
}
