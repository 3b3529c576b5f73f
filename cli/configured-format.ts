/**
 * The output format of the configuration. Most configurations name none; reading them all properly would cost
 * every command its start time, so that is done only when a file could name one.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { resolvePaths } from '../local/paths.ts';
import { type OutputFormat, outputFormats } from './arguments/global-options.ts';
import type { CliIo } from './io.ts';

/**
 * @param configFile `--config`
 * @throws OB003, OR016 when the file that names a format is not valid
 */
export async function configuredFormat(
  { env, cwd }: CliIo,
  configFile: string | undefined,
): Promise<OutputFormat | null> {
  const candidates = configFile === undefined ? filesAbove(cwd) : [path.resolve(cwd, configFile)];
  const user = path.join(resolvePaths({ ...env }).config_dir, 'config.yaml');
  if (configFile === undefined && ![...candidates, user].some(mayNameFormat)) return null;
  const { loadConfig } = await import('../local/config.ts');
  const { config } = await loadConfig({
    env: { ...env },
    cwd,
    ...(configFile === undefined ? {} : { configFile: path.resolve(cwd, configFile) }),
  });
  // Formats that later releases print are left alone here.
  return outputFormats.find((format) => format === config.format) ?? null;
}

/** Every file of that name up to the root: more than the real search finds, never less. */
function filesAbove(cwd: string): readonly string[] {
  const folder = path.resolve(cwd);
  const own = path.join(folder, 'omnibase.config.yaml');
  return path.dirname(folder) === folder ? [own] : [own, ...filesAbove(path.dirname(folder))];
}

function mayNameFormat(file: string): boolean {
  return existsSync(file) && /\bformat["']?\s*:/.test(readFileSync(file, 'utf8'));
}
