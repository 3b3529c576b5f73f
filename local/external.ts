/**
 * Which parts are somebody else's: with `OMNIBASE_DATABASE_URL` the database, with `TEMPORAL_ADDRESS` or a
 * TOML profile that names an address the Temporal server (platform.md 2).
 */
import { loadClientConfig } from '@temporalio/envconfig';
import { OmniBaseError } from '../contracts/error.ts';

export interface ExternalParts {
  /** URL with password, or null for the embedded Postgres. */
  readonly database: string | null;
  /** host:port, or null for the embedded server. */
  readonly temporal: string | null;
}

/**
 * Reads the environment and Temporal's own configuration file.
 *
 * @throws OB003 when the database URL is none, or the TOML file is there and cannot be read as one
 */
export function externalParts(env: NodeJS.ProcessEnv): ExternalParts {
  return {
    database: checkedUrl(env['OMNIBASE_DATABASE_URL'] || null),
    temporal: env['TEMPORAL_ADDRESS'] || profileAddress(env),
  };
}

/** A key=value connection string would be taken by some of what reads it and not by the rest. */
function checkedUrl(url: string | null): string | null {
  if (url === null || /^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new OmniBaseError('OB003', {
    message: 'OMNIBASE_DATABASE_URL is not a URL like postgresql://user:password@host:5432/database',
    next: 'correct OMNIBASE_DATABASE_URL, or unset it for the embedded database',
  });
}

function profileAddress(env: NodeJS.ProcessEnv): string | null {
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    const { profiles } = loadClientConfig({ overrideEnvVars: Object.fromEntries(defined) });
    return profiles[env['TEMPORAL_PROFILE'] || 'default']?.address ?? null;
  } catch (cause) {
    throw new OmniBaseError('OB003', {
      message: `the Temporal configuration file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      next: 'correct the file, or set TEMPORAL_CONFIG_FILE or TEMPORAL_ADDRESS',
      cause,
    });
  }
}
