/**
 * What a command is: its declaration (summary, operands, options, examples) and the function that runs
 * it. Each lives in a module of its own under `commands/<noun>/<verb>.ts` that is loaded only when chosen.
 */
import type { GlobalOptions, OutputFormat } from './arguments/global-options.ts';
import type { OptionSpecs, OptionValues } from './arguments/options.ts';
import type { UsageCode } from './arguments/usage.ts';
import type { CliIo } from './io.ts';

interface Example {
  readonly line: string;
  readonly about: string;
}

/** What a running command gets besides its own options. */
export interface CommandContext {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly correlationId: string;
  /** The format that was asked for by flag or environment, null when nobody did. */
  readonly askedFormat: OutputFormat | null;
  /** One line on stderr, unless `--quiet`. */
  note(text: string): void;
  /** One line on stderr, only with `--verbose` or `--debug`. */
  detail(text: string): void;
  /** One `warning: …` line on stderr, also with `--quiet`. */
  warn(text: string): void;
}

export interface CommandSpec<S extends OptionSpecs> {
  readonly summary: string;
  /** Operands as help shows them and commander reads them: `<ref>`, `[kind]`, `<file...>`. */
  readonly operands?: string;
  readonly examples: readonly Example[];
  readonly options: S;
  readonly usageCode?: UsageCode;
  /** Exit codes or background a reader needs; paragraphs. */
  readonly notes?: readonly string[];
  run(context: CommandContext, operands: readonly string[], options: OptionValues<S>): Promise<number>;
}

/** A command with its option types forgotten, as the table and the parser see it. */
export interface Command {
  readonly summary: string;
  readonly operands: string;
  readonly examples: readonly Example[];
  readonly options: OptionSpecs;
  readonly usageCode: UsageCode;
  readonly notes: readonly string[];
  run(
    context: CommandContext,
    operands: readonly string[],
    options: Readonly<Record<string, unknown>>,
  ): Promise<number>;
}

/** Declares a command; the option types of `run` follow from `options`. */
export function defineCommand<const S extends OptionSpecs>(spec: CommandSpec<S>): Command {
  return {
    summary: spec.summary,
    operands: spec.operands ?? '',
    examples: spec.examples,
    options: spec.options,
    usageCode: spec.usageCode ?? 'OB002',
    notes: spec.notes ?? [],
    // The parser builds the values from these very declarations, so their types agree.
    run: (context, operands, options) => spec.run(context, operands, options as OptionValues<S>),
  };
}
