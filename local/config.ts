/**
 * Reads the configuration from all its sources: flag, environment, project file, user file, default
 * (platform.md 3). Every source is checked by the same schema, so a mistake names the place it was made in.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Config,
  configDefaults,
  type ConfigSource,
  configJsonSchema,
  configValidation,
  userFileName,
} from '../contracts/config.ts';
import { OmniBaseError } from '../contracts/error.ts';
import { checkConfig } from '../domain/config/check-config.ts';
import { nodeSettingsOf } from '../domain/config/node-settings.ts';
import { parseProjectConfig } from '../domain/config/parse-project-config.ts';
import {
  coerce,
  environmentName,
  formatKey,
  listSettings,
  parseKey,
  schemaAt,
  setPaths,
  valueAt,
  withValue,
} from '../domain/config/settings.ts';
import { nearest } from '../domain/text/nearest.ts';
import { findProjectFile } from './config/project-file.ts';
import { resolvePaths } from './paths.ts';
import { isErrno } from './processes/identity.ts';

export interface LoadConfigOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Where the search for the project file begins. */
  readonly cwd?: string;
  /** Dotted key → value or text, from the command line; undefined is not set. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** `--config`: this file instead of the one that is found. It must exist. */
  readonly configFile?: string;
  /** False: no project file counts, wherever the process was started. For processes that serve many projects. */
  readonly project?: boolean;
}

export interface ExplainedSetting {
  readonly key: string;
  readonly value: unknown;
  readonly source: ConfigSource;
  /** File, variable or flag the value stands in; null for a default. */
  readonly origin: string | null;
  readonly description: string;
}

export interface LoadedConfig {
  /** All sources together. */
  readonly config: Config;
  readonly project_file: string | null;
  readonly user_file: string | null;
  /**
   * Value and source of one setting; value undefined when nobody sets it.
   *
   * @throws OB003 with the nearest key when there is no such setting
   */
  explain(key: string): ExplainedSetting;
  /** Every setting that has a value. */
  list(): readonly ExplainedSetting[];
}

interface Layer {
  readonly source: ConfigSource;
  readonly origin: string | null;
  readonly document: Config;
}

/**
 * Loads and checks the configuration.
 *
 * @throws OB003 for an unknown key or a wrong value in any source, or when `configFile` is not there
 * @throws ND016 when two settings of different sources do not go together
 * @throws OR016 when a file is not YAML
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const env = options.env ?? process.env;
  const projectFile =
    options.configFile ?? (options.project === false ? null : await findProjectFile(options.cwd ?? process.cwd()));
  const userFile = join(resolvePaths(env).config_dir, userFileName);
  const [project, user] = await Promise.all([
    projectFile === null ? null : readLayer('project', projectFile, options.configFile !== undefined),
    readLayer('user', userFile, false),
  ]);
  const layers = [
    ...flagLayers(options.flags ?? {}),
    ...environmentLayers(env),
    project,
    user,
    { source: 'default', origin: null, document: configDefaults } as const,
  ].filter((layer) => layer !== null);
  const config = merge(layers);
  nodeSettingsOf(config);
  return {
    config,
    project_file: project?.origin ?? null,
    user_file: user?.origin ?? null,
    explain: (key) => explain(key, layers),
    list: () => list(layers),
  };
}

/** Value and source of one setting, from fresh sources. */
export async function explainConfig(key: string, options: LoadConfigOptions = {}): Promise<ExplainedSetting> {
  return (await loadConfig(options)).explain(key);
}

async function readLayer(source: ConfigSource, path: string, mustExist: boolean): Promise<Layer | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!mustExist && (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR'))) return null;
    throw new OmniBaseError('OB003', {
      message: `the configuration file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      details: { path },
      next: 'check --config and the permissions of the file',
      cause: error,
    });
  }
  return { source, origin: path, document: parseProjectConfig(text, path, configValidation) };
}

/** One layer per flag, so that a mistake names the flag. */
function flagLayers(flags: Readonly<Record<string, unknown>>): readonly Layer[] {
  return Object.entries(flags).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const origin = `--${key.split('.').at(-1)?.replaceAll('_', '-') ?? key}`;
    return [singleLayer('flag', origin, parseKey(key), value)];
  });
}

function environmentLayers(env: NodeJS.ProcessEnv): readonly Layer[] {
  return listSettings(configJsonSchema()).flatMap(({ key }) => {
    const name = environmentName(key);
    const value = env[name];
    return key.includes('*') || value === undefined || value === ''
      ? []
      : [singleLayer('environment', name, key.split('.'), value)];
  });
}

function singleLayer(source: ConfigSource, origin: string, path: readonly string[], value: unknown): Layer {
  const schema = schemaAt(configJsonSchema(), path);
  const typed = typeof value === 'string' && schema !== undefined ? coerce(value, schema) : value;
  const document = checkConfig(withValue({}, path, typed), { path: origin, validation: configValidation });
  return { source, origin, document };
}

/** Weakest first, so that stronger values replace weaker ones leaf by leaf. */
function merge(layers: readonly Layer[]): Config {
  let merged: unknown = {};
  for (const { document } of layers.toReversed()) {
    for (const path of setPaths(document, configJsonSchema()))
      merged = withValue(merged, path, valueAt(document, path));
  }
  return merged as Config;
}

function explain(key: string, layers: readonly Layer[]): ExplainedSetting {
  const path = parseKey(key);
  const schema = schemaAt(configJsonSchema(), path);
  if (schema === undefined) throw unknownSetting(key);
  const layer = layers.find(({ document }) => valueAt(document, path) !== undefined);
  return {
    key,
    value:
      layer === undefined
        ? undefined
        : valueAt(schema.description === undefined ? merge(layers) : layer.document, path),
    source: layer?.source ?? 'default',
    origin: layer?.origin ?? null,
    description: schema.description ?? '',
  };
}

function list(layers: readonly Layer[]): readonly ExplainedSetting[] {
  const paths = layers.flatMap(({ document }) => setPaths(document, configJsonSchema()).map(formatKey));
  return [...new Set(paths)].sort().map((key) => explain(key, layers));
}

function unknownSetting(key: string): OmniBaseError {
  const known = listSettings(configJsonSchema()).map((setting) => setting.key);
  const suggestion = nearest(key, known);
  return new OmniBaseError('OB003', {
    message: `there is no setting ${key}`,
    details: { key },
    next: suggestion === undefined ? 'see all with `omnibase config list`' : `did you mean ${suggestion}?`,
  });
}
