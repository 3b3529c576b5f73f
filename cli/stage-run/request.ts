/** From the options of `omnibase orch` to the request of a stage run. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StageOptions } from '../../contracts/stage.ts';
import { type PresetStage, parseStage, stagePresets } from '../../domain/stage/presets.ts';
import { type OutputFormat, outputFormats } from '../arguments/global-options.ts';
import {
  choice,
  choiceList,
  flag,
  integer,
  list,
  member,
  type OptionValues,
  repeated,
  text,
} from '../arguments/options.ts';
import { unknownValue, usageError } from '../arguments/usage.ts';
import type { CliIo } from '../io.ts';

export const orchOptions = {
  stage: text('--stage <stage>', 'pre-commit, ci or test'),
  tags: list('--tags <a,b>', 'components with all of these tags'),
  anyTag: list('--any-tag <a,b>', 'components with at least one of these tags'),
  only: list('--only <ref,..>', 'only these components (and the required ones)'),
  skip: list('--skip <ref,..>', 'not these components'),
  profile: choice('--profile <profile>', 'narrow by profile', ['fast', 'ci', 'full']),
  lifecycle: choiceList('--lifecycle <a,b>', 'widen by lifecycle', ['experimental', 'canary', 'active', 'deprecated']),
  noPreset: flag('--no-preset', "drop the stage's tag condition"),
  allowEmpty: flag('--allow-empty', 'an empty selection is no error'),
  failFast: flag('--fail-fast', 'start nothing more after the first failure'),
  concurrency: integer('--concurrency <n>', 'at most this many steps at once', 1, 64),
  failOn: choiceList('--fail-on <what>', 'exit 1 on these too', ['warning', 'deprecated']),
  fromRef: text('--from-ref <ref>', 'check what changed since this revision'),
  toRef: text('--to-ref <ref>', 'up to this revision (HEAD)'),
  allFiles: flag('--all-files', 'check every file'),
  files: repeated('--files <paths...>', 'check only these paths'),
  filesFrom: text('--files-from <file>', 'read the paths from a file, or - for stdin'),
  dryRun: flag('--dry-run', 'show what would run, run nothing'),
  plan: flag('--plan', 'print the whole plan, run nothing'),
  hook: flag('--hook', 'called by a git hook: human output'),
  report: repeated('--report <format=path>', 'write a further document; repeatable'),
  detach: flag('--detach', 'start the run and return at once'),
  noAutostart: flag('--no-autostart', 'never start the local stack'),
  inline: flag('--inline', 'a stack started here ends with the command'),
};
export type OrchOptions = OptionValues<typeof orchOptions>;

export interface ReportTarget {
  readonly format: OutputFormat;
  readonly path: string;
}

/** @throws OR001 for a missing or unknown stage, with the nearest one */
export function readStage(given: string | undefined): PresetStage {
  const stages = Object.keys(stagePresets);
  if (given === undefined) throw usageError('--stage is missing', `omnibase orch --stage ${stages.join('|')}`, 'OR001');
  try {
    return parseStage(given);
  } catch (error) {
    if (error instanceof OmniBaseError) throw unknownValue('--stage', given, stages, 'OR001');
    throw error;
  }
}

/** @throws OR001 for a deadline outside one second to one day */
export function readStageOptions(options: OrchOptions, timeoutMs: number | undefined, io: CliIo): StageOptions {
  if (timeoutMs !== undefined && (timeoutMs < 1000 || timeoutMs > 86_400_000)) {
    throw usageError('--timeout of a stage is 1s to 24h', 'give --timeout a time like 30s or 10m', 'OR001');
  }
  return {
    tags: [...options.tags],
    any_tag: [...options.anyTag],
    only: [...options.only],
    skip: [...options.skip],
    env_skip: words(io.env['OMNIBASE_SKIP']),
    profile: options.profile ?? null,
    lifecycle: [...options.lifecycle],
    no_preset: options.noPreset,
    allow_empty: options.allowEmpty,
    fail_fast: options.failFast ? true : null,
    timeout_ms: timeoutMs ?? null,
    concurrency: options.concurrency ?? null,
    fail_on: [...options.failOn],
  };
}

/**
 * The chosen paths of `--files` and `--files-from`; undefined when neither was given. A list is separated
 * by NUL if it holds any, else by line ends.
 *
 * @throws OR013 when both are given; FS001 or FS003 when the list cannot be read
 */
export async function readChosenFiles(options: OrchOptions, io: CliIo): Promise<readonly string[] | undefined> {
  const { files, filesFrom } = options;
  if (filesFrom === undefined) return files.length === 0 ? undefined : files;
  if (files.length > 0) throw new OmniBaseError('OR013', { details: { options: '--files, --files-from' } });
  const content =
    filesFrom === '-' ? await readStream(io.stdin) : await readList(path.resolve(io.cwd, filesFrom), filesFrom);
  const separator = content.includes('\0') ? '\0' : /\r?\n/;
  return content.split(separator).filter((name) => name !== '');
}

/** @throws OR001 for a malformed `--report`, FS001 when its folder does not exist */
export async function readReportTargets(options: OrchOptions, io: CliIo): Promise<readonly ReportTarget[]> {
  return Promise.all(
    options.report.map(async (given) => {
      const [format = '', ...rest] = given.split('=');
      if (rest.length === 0 || rest.join('=') === '') {
        throw usageError(
          `--report needs FORMAT=PATH, not ${JSON.stringify(given)}`,
          'write it like --report json=report.json',
          'OR001',
        );
      }
      const target = path.resolve(io.cwd, rest.join('='));
      const folder = path.dirname(target);
      const isFolder = await stat(folder).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isFolder) throw new OmniBaseError('FS001', { details: { path: folder }, next: `mkdir -p ${folder}` });
      return { format: member('--report', format, outputFormats, 'OR001'), path: target };
    }),
  );
}

async function readList(file: string, shown: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new OmniBaseError(code === 'ENOENT' ? 'FS001' : 'FS003', {
      details: { path: shown, reason: message },
      cause: error,
    });
  }
}

function words(given: string | undefined): string[] {
  return (given ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
