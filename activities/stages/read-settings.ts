/**
 * The configuration of a run by policy side (stages.md 3): it comes from the target tree; in a range the required list
 * and every setting of required components come from the base, so that a change cannot drop its own gate.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, configValidation, projectFileName } from '../../contracts/config.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { RunMessage, Stage, StagePlan, StageSettings, StageSnapshot } from '../../contracts/stage.ts';
import { parseProjectConfig } from '../../domain/config/parse-project-config.ts';
import { canonicalJson } from '../../domain/json/canonical.ts';
import { readBaseFile, readTreeFile } from '../../validators/git/index.ts';
import { sha256 } from './sha256.ts';

export interface RunSettings {
  readonly settings: StageSettings;
  readonly policy: StagePlan['policy'];
  readonly messages: readonly RunMessage[];
}

/** @throws OR016 or OB003 for a configuration file that cannot be read; it is never treated as empty */
export async function readSettings(snapshot: StageSnapshot, stage: Stage): Promise<RunSettings> {
  const [target, base] = await Promise.all([readTarget(snapshot), isRange(snapshot) ? readBase(snapshot) : null]);
  const own = settingsOf(target.config, stage);
  if (!isRange(snapshot)) return complete(own, target.side, target.messages);
  if (base === null) {
    const text = `the base has no ${projectFileName}; required components come from the change itself`;
    const messages: RunMessage[] = target.config === null ? [] : [{ level: 'warning', text }];
    return complete(own, target.side, [...target.messages, ...messages]);
  }
  const policy = settingsOf(base, stage);
  return complete({ ...own, required: policy.required, policy_components: policy.components }, 'base', target.messages);
}

interface TargetConfig {
  readonly config: Config | null;
  readonly side: 'target' | 'worktree';
  readonly messages: readonly RunMessage[];
}

async function readTarget(snapshot: StageSnapshot): Promise<TargetConfig> {
  const tracked = await readTreeFile(snapshot, projectFileName);
  if (tracked !== null) return { config: parse(tracked), side: 'target', messages: [] };
  const untracked = snapshot.work_tree === null ? null : await readIfThere(join(snapshot.work_tree, projectFileName));
  if (untracked === null) return { config: null, side: 'target', messages: [] };
  const text = `${projectFileName} is not tracked; it was read from the work tree`;
  return { config: parse(untracked), side: 'worktree', messages: [{ level: 'info', text }] };
}

async function readBase(snapshot: StageSnapshot): Promise<Config | null> {
  const content = await readBaseFile(snapshot, projectFileName);
  return content === null ? null : parse(content);
}

function parse(content: Buffer): Config {
  return parseProjectConfig(content.toString('utf8'), projectFileName, configValidation);
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw new OmniBaseError('OB003', { message: `${path} cannot be read: ${String(error)}`, cause: error });
  }
}

function isRange(snapshot: StageSnapshot): boolean {
  return snapshot.source === 'range';
}

function settingsOf(config: Config | null, stage: Stage): StageSettings {
  const { required = [], ...rest } = config?.stages?.[stage] ?? {};
  return { ...rest, required, components: config?.components ?? {} };
}

function complete(
  settings: StageSettings,
  side: StagePlan['policy']['side'],
  messages: readonly RunMessage[],
): RunSettings {
  return { settings, policy: { side, config_hash: sha256(canonicalJson(settings)) }, messages };
}
