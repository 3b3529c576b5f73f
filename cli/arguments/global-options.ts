/** Options every command understands (platform.md 4), before or after the command's name. */
import { usageError } from './usage.ts';
import { choice, choiceList, duration, flag, type OptionSpec, type OptionValues, text } from './options.ts';

export const outputFormats = ['human', 'json', 'jsonl', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export const globalOptions = {
  format: choice('--format <format>', 'how to print the answer', outputFormats),
  json: flag('--json', 'short for --format json'),
  noColor: flag('--no-color', 'print without colour'),
  quiet: flag('--quiet', 'no progress and no notes on stderr'),
  verbose: flag('--verbose', 'tell more on stderr'),
  debug: flag('--debug', 'tell everything on stderr, with stack traces'),
  config: text('--config <file>', 'use this project file'),
  address: text('--address <url>', 'talk to the control plane at this address (OMNIBASE_URL)'),
  temporalProfile: text('--temporal-profile <name>', 'profile of the Temporal configuration file'),
  correlationId: correlation('--correlation-id <id>', 'id that ties log lines and answers together'),
  timeout: duration('--timeout <time>', 'longest time the command may take, e.g. 30s'),
};
export type GlobalOptions = OptionValues<typeof globalOptions>;

/** Options the registry commands share (registry.md 14). */
export const registryOptions = {
  offline: flag('--offline', 'answer from the local cache only'),
  maxStale: duration('--max-stale <time>', 'refuse answers older than this'),
  noAutostart: flag('--no-autostart', 'never start the local stack'),
  failOn: choiceList('--fail-on <what>', 'exit 1 on', ['warning']),
};
export type RegistryOptions = OptionValues<typeof registryOptions>;

/** 1-128 visible ASCII characters, so that it can travel in an HTTP header and a log line. */
export const correlationIdPattern = /^[\x21-\x7e]{1,128}$/;

function correlation(flags: string, summary: string): OptionSpec<string | undefined> {
  const base = text(flags, summary);
  return {
    ...base,
    parse(raw, code) {
      const given = base.parse(raw, code);
      if (given === undefined || correlationIdPattern.test(given)) return given;
      throw usageError(
        '--correlation-id takes 1 to 128 visible ASCII characters without blanks',
        'leave it out to have one made',
        code,
      );
    },
  };
}
