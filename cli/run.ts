/**
 * Runs one command line: finds the command, loads its module, reads its options, runs it, and turns
 * whatever is thrown into text on stderr and an exit code.
 */
import { randomUUID } from 'node:crypto';
import { correlationIdPattern, type GlobalOptions } from './arguments/global-options.ts';
import type { UsageCode } from './arguments/usage.ts';
import type { CommandContext } from './command.ts';
import { configuredFormat } from './configured-format.ts';
import { commandTable } from './command-table.ts';
import { findCommand, type FoundCommand } from './find-command.ts';
import type { CliIo } from './io.ts';
import { asOmniBaseError, renderError } from './output/errors.ts';
import { askedFormat } from './output-format.ts';

/**
 * @param line the words after `omnibase`
 * @returns the exit code (platform.md 4)
 */
export async function runCommandLine(line: readonly string[], io: CliIo): Promise<number> {
  let correlationId = environmentCorrelationId(io) ?? randomUUID();
  let usageCode: UsageCode = 'OB002';
  try {
    const found = findCommand(commandTable, line);
    if (found.node?.load === undefined) return await printOverview(found, io);
    const { command } = await found.node.load();
    if (found.wantsHelp) {
      const { commandHelp } = await import('./help.ts');
      io.stdout.write(commandHelp(found.path, found.node, command));
      return 0;
    }
    usageCode = command.usageCode;
    const { parseLine } = await import('./parse.ts');
    const { operands, globals, options } = parseLine(found.path, command, found.rest);
    correlationId = globals.correlationId ?? correlationId;
    return await command.run(await createContext(io, globals, correlationId, usageCode), operands, options);
  } catch (thrown) {
    const error = asOmniBaseError(thrown);
    const debug = line.includes('--debug') || io.env['OMNIBASE_DEBUG'] === '1';
    io.stderr.write(renderError(error, correlationId, { json: wantsJson(line, io), colour: io.stderr.colour, debug }));
    return error.exitCode;
  }
}

async function createContext(
  io: CliIo,
  globals: GlobalOptions,
  correlationId: string,
  usageCode: UsageCode,
): Promise<CommandContext> {
  const profile = globals.temporalProfile;
  return {
    io: profile === undefined ? io : { ...io, env: { ...io.env, TEMPORAL_PROFILE: profile } },
    globals,
    correlationId,
    askedFormat: askedFormat(globals, io.env, usageCode) ?? (await configuredFormat(io, globals.config)),
    note(text) {
      if (!globals.quiet) io.stderr.write(`${text}\n`);
    },
    detail(text) {
      if (globals.verbose || globals.debug) io.stderr.write(`${text}\n`);
    },
    warn(text) {
      io.stderr.write(`warning: ${text}\n`);
    },
  };
}

async function printOverview(found: FoundCommand, io: CliIo): Promise<number> {
  const { nounHelp, programHelp } = await import('./help.ts');
  if (found.node === null) {
    const { usageError } = await import('./arguments/usage.ts');
    const [flag] = found.rest;
    if (flag !== undefined && !found.wantsHelp) throw usageError(`${flag} stands without a command`, 'omnibase --help');
    io.stdout.write(programHelp(commandTable));
  } else io.stdout.write(nounHelp(found.path, found.node));
  return 0;
}

function environmentCorrelationId(io: CliIo): string | undefined {
  const given = io.env['OMNIBASE_CORRELATION_ID'];
  return given !== undefined && correlationIdPattern.test(given) ? given : undefined;
}

/** Read from the words themselves: the line may be the very thing that was not understood. */
function wantsJson(line: readonly string[], io: CliIo): boolean {
  const at = line.indexOf('--format');
  const format =
    (at >= 0 ? line[at + 1] : line.find((word) => word.startsWith('--format='))?.slice('--format='.length)) ?? null;
  if (format !== null) return format === 'json' || format === 'jsonl';
  return line.includes('--json') || io.env['OMNIBASE_FORMAT'] === 'json' || io.env['OMNIBASE_FORMAT'] === 'jsonl';
}
