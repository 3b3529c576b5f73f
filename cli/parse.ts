/**
 * Reads the options and operands of one command with commander. Commander sees one flat command whose
 * options are the global ones and the command's own, so global options may stand anywhere.
 */
import { Command as Parser, CommanderError, Option } from 'commander';
import { type GlobalOptions, globalOptions } from './arguments/global-options.ts';
import { longName, type OptionSpec, type OptionSpecs, type OptionValues, type RawOption } from './arguments/options.ts';
import { unknownWord, type UsageCode, usageError } from './arguments/usage.ts';
import type { Command } from './command.ts';

export interface ParsedLine {
  readonly operands: readonly string[];
  readonly globals: GlobalOptions;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * @param path words of the command, for messages
 * @throws OB002 (OR001 in the area of stage runs) for anything that is not understood
 */
export function parseLine(path: readonly string[], command: Command, rest: readonly string[]): ParsedLine {
  const specs: OptionSpecs = { ...globalOptions, ...command.options };
  const parser = buildParser(specs, command.operands);
  const help = ['omnibase', ...path, '--help'].join(' ');
  try {
    parser.parse([...rest], { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? translate(error, specs, help, command.usageCode) : error;
  }
  const raw = parser.opts<RawOptions>();
  const names = new Set(Object.values(specs).map(({ flags }) => longName(flags)));
  return {
    operands: parser.args,
    globals: readValues(globalOptions, raw, names, command.usageCode),
    options: readValues(command.options, raw, names, command.usageCode),
  };
}

type RawOptions = Readonly<Record<string, RawOption>>;

function buildParser(specs: OptionSpecs, operands: string): Parser {
  const parser = new Parser('omnibase')
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: ignore, writeOut: ignore })
    .showSuggestionAfterError(false)
    .allowExcessArguments(false);
  if (operands !== '') parser.arguments(operands);
  for (const { flags } of Object.values(specs)) {
    const option = new Option(flags);
    parser.addOption(option.required ? option.argParser(collect) : option);
  }
  return parser.action(ignore);
}

function collect(given: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), given];
}

function readValues<S extends OptionSpecs>(
  specs: S,
  raw: RawOptions,
  names: ReadonlySet<string>,
  code: UsageCode,
): OptionValues<S> {
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(specs)) {
    const given = rawValue(spec, raw);
    // `--tags --dry-run` is a forgotten value, not the tag `--dry-run`.
    const swallowed = Array.isArray(given) ? given.find((text: string) => names.has(text)) : undefined;
    if (swallowed !== undefined)
      throw usageError(
        `${longName(spec.flags)} needs a value, but ${swallowed} follows`,
        `write ${longName(spec.flags)}=VALUE`,
        code,
      );
    values[key] = spec.parse(given, code);
  }
  // Each value was made by the declaration its type comes from.
  return values as OptionValues<S>;
}

/** Commander stores `--no-x` as `x: false`; here a given switch is always true. */
function rawValue(spec: OptionSpec<unknown>, raw: RawOptions): RawOption {
  const option = new Option(spec.flags);
  const value = raw[option.attributeName()];
  return option.negate ? value === false : value;
}

function translate(error: CommanderError, specs: OptionSpecs, help: string, code: UsageCode): Error {
  const word = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownWord(
        'option',
        word,
        Object.values(specs).map(({ flags }) => longName(flags)),
        help,
        code,
      );
    case 'commander.optionMissingArgument':
      return usageError(`option ${word} needs a value`, help, code);
    case 'commander.missingArgument':
      return usageError(`an operand is missing: ${word}`, help, code);
    case 'commander.excessArguments':
      return usageError(error.message.replace(/^error: /, ''), help, code);
    default:
      return usageError(error.message.replace(/^error: /, ''), help, code);
  }
}

function ignore(): void {
  // Commander's own texts are not used: errors are rendered in one place.
}
