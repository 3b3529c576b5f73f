/**
 * Declarations of command-line options: how an option is written, what it means and how its text becomes
 * a typed value. One declaration serves parsing, `--help`, the completion scripts and the reference page.
 */
import { unknownValue, type UsageCode, usageError } from './usage.ts';

/** What the parser found for one option: nothing, a switch, or one text per occurrence. */
export type RawOption = undefined | boolean | readonly string[];

export interface OptionSpec<T> {
  /** As commander writes it: `-f, --follow`, `--tags <a,b>`. */
  readonly flags: string;
  readonly summary: string;
  /** Allowed values, for help and completion. */
  readonly choices?: readonly string[];
  /** Turns what was given into the value; throws a usage error. */
  parse(raw: RawOption, code: UsageCode): T;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;

/** The typed values of a group of declarations. */
export type OptionValues<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends OptionSpec<infer T> ? T : never;
};

/** The long spelling of an option, e.g. `--tags`. */
export function longName(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

/** A switch; false when absent. */
export function flag(flags: string, summary: string): OptionSpec<boolean> {
  return { flags, summary, parse: (raw) => raw === true };
}

/** One text; the last occurrence counts. */
export function text(flags: string, summary: string): OptionSpec<string | undefined> {
  return { flags, summary, parse: last };
}

/** One text per occurrence, taken as it is. */
export function repeated(flags: string, summary: string): OptionSpec<readonly string[]> {
  return { flags, summary, parse: (raw) => (Array.isArray(raw) ? raw : []) };
}

/** Words separated by commas; occurrences add up. */
export function list(flags: string, summary: string): OptionSpec<readonly string[]> {
  return { flags, summary, parse: words };
}

/** One of a closed set of words. */
export function choice<const C extends string>(
  flags: string,
  summary: string,
  choices: readonly C[],
): OptionSpec<C | undefined> {
  return {
    flags,
    summary,
    choices,
    parse(raw, code) {
      const given = last(raw);
      return given === undefined ? undefined : member(longName(flags), given, choices, code);
    },
  };
}

/** Several of a closed set of words, separated by commas. */
export function choiceList<const C extends string>(
  flags: string,
  summary: string,
  choices: readonly C[],
): OptionSpec<readonly C[]> {
  return {
    flags,
    summary,
    choices,
    parse: (raw, code) => words(raw).map((word) => member(longName(flags), word, choices, code)),
  };
}

/** A whole number within `[min, max]`. */
export function integer(flags: string, summary: string, min: number, max: number): OptionSpec<number | undefined> {
  return {
    flags,
    summary,
    parse(raw, code) {
      const given = last(raw);
      if (given === undefined) return undefined;
      const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw usageError(
        `${longName(flags)} needs a whole number from ${min} to ${max}, not ${JSON.stringify(given)}`,
        `give ${longName(flags)} a number`,
        code,
      );
    },
  };
}

/** A time with its unit (`500ms`, `30s`, `5m`, `2h`, `7d`), as milliseconds. */
export function duration(flags: string, summary: string): OptionSpec<number | undefined> {
  return {
    flags,
    summary,
    parse(raw, code) {
      const given = last(raw);
      return given === undefined ? undefined : parseDuration(longName(flags), given, code);
    },
  };
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `30s`; a number without a unit is refused, because it would be read as seconds by one and as milliseconds by another. */
export function parseDuration(option: string, given: string, code: UsageCode = 'OB002'): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(given.trim());
  const unit = unitMs[match?.[2] ?? ''];
  if (match?.[1] !== undefined && unit !== undefined) return Math.round(Number(match[1]) * unit);
  throw usageError(
    `${option} needs a time with its unit, not ${JSON.stringify(given)}`,
    `write it like ${option} 30s, ${option} 5m or ${option} 500ms`,
    code,
  );
}

/** Checks one word against a closed set. */
export function member<C extends string>(option: string, word: string, choices: readonly C[], code: UsageCode): C {
  const found = choices.find((candidate) => candidate === word);
  if (found === undefined) throw unknownValue(option, word, choices, code);
  return found;
}

function last(raw: RawOption): string | undefined {
  return Array.isArray(raw) ? raw.at(-1) : undefined;
}

function words(raw: RawOption): readonly string[] {
  if (!Array.isArray(raw)) return [];
  return raw
    .flatMap((given: string) => given.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
