/** The configuration as this command line sees it. */
import path from 'node:path';
import { type LoadedConfig, loadConfig } from '../../local/config.ts';
import type { CommandContext } from '../command.ts';

/** @throws OB003 for an unknown key or wrong value, OR016 for a file that is not YAML */
export function loadCliConfig({ io, globals }: CommandContext): Promise<LoadedConfig> {
  const flags = globals.format === undefined ? {} : { format: globals.format };
  const configFile = globals.config === undefined ? {} : { configFile: path.resolve(io.cwd, globals.config) };
  return loadConfig({ env: { ...io.env }, cwd: io.cwd, flags, ...configFile });
}
