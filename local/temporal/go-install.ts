/**
 * The last resort: building the CLI with the Go tool chain, at the last tag that `go install` can build
 * directly. Modules are verified by Go's own checksum database.
 */
import { join } from 'node:path';
import { runCommand } from '../processes/command.ts';
import type { BinarySource, SourceContext, SourceResult } from './obtain.ts';
import { goInstallVersion } from './release.ts';
import { findOnPath } from './which.ts';

const modulePath = 'github.com/temporalio/cli/cmd/temporal';

export const installWithGo: BinarySource = {
  name: 'go install',
  version: goInstallVersion,
  announcement: `temporal server ${goInstallVersion}: building it with go install (about 3 minutes on 2 cores, 15 at most)`,
  fetch: install,
};

async function install(directory: string, context: SourceContext): Promise<SourceResult> {
  const go = await findOnPath('go', context.env);
  if (go === null) return { ok: false, reason: 'no go on PATH' };
  const flags = `-X github.com/temporalio/cli/temporalcli.Version=${goInstallVersion}`;
  const result = await runCommand(go, ['install', '-ldflags', flags, `${modulePath}@v${goInstallVersion}`], {
    timeoutMs: 900_000,
    signal: context.signal,
    guardian: context.guardian,
    cwd: directory,
    env: { ...context.env, GOBIN: directory },
  });
  if (result.code !== 0) return { ok: false, reason: result.output.trim().split('\n').at(-1)?.slice(0, 300) ?? '' };
  return { ok: true, path: join(directory, 'temporal') };
}
