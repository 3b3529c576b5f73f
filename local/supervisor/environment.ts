/**
 * What environment the background processes get. The stack is often started by a git hook or an npm script
 * and outlives it by days, so what belongs to that moment is left behind: git's own variables would point
 * every later git command at that repository's index.
 */
import { join } from 'node:path';
import type { ExternalParts } from '../external.ts';

/** Where the parts are; filled in as they are prepared. */
export interface Addresses {
  database: string | null;
  temporal: string | null;
  webUi: string | null;
  api: string | null;
  /** The roles of `serve` by name, as its readiness tells them. */
  checks: readonly { readonly name: string; readonly ok: boolean }[];
}

const momentary = [
  /^GIT_/,
  /^npm_/,
  /^INIT_CWD$/,
  /^VITEST/,
  /^TEST$/,
  /^NODE_(OPTIONS|CHANNEL_FD|UNIQUE_ID|V8_COVERAGE)$/,
];

/** Secrets and marks that the processes must not inherit. */
const private_ = /^OMNIBASE_(TOKEN|STEP_TOKEN|SUPERVISOR_OPTIONS|SERVE_CONFIG|URL)$/;

/** The environment of the supervisor itself. */
export function lastingEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !private_.test(name) && !momentary.some((pattern) => pattern.test(name))),
  );
}

/** Lets a process that is started again find its code compiled. */
export function withCompileCache(env: NodeJS.ProcessEnv, cacheDir: string): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: join(cacheDir, 'compile'), ...env };
}

/** The environment of `serve`: the addresses of the local parts, or what the user set for external ones. */
export function childEnvironment(
  env: NodeJS.ProcessEnv,
  external: ExternalParts,
  addresses: Addresses,
  stateDir: string,
): NodeJS.ProcessEnv {
  const lasting = lastingEnvironment(env);
  const kept = external.temporal === null ? withoutTemporal(lasting) : lasting;
  return {
    ...kept,
    ...(external.database === null && addresses.database !== null ? { OMNIBASE_DATABASE_URL: addresses.database } : {}),
    ...(external.temporal === null && addresses.temporal !== null
      ? {
          TEMPORAL_ADDRESS: addresses.temporal,
          TEMPORAL_NAMESPACE: 'default',
          TEMPORAL_CONFIG_FILE: join(stateDir, 'temporal.toml'),
        }
      : {}),
  };
}

/** API keys and TLS settings meant for another server would break the connection to the local one. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
