/**
 * What the completion scripts know, taken from the declarations of all commands: every command, option and
 * closed set of values. Nothing of it is asked for while someone presses TAB.
 */
import { globalOptions } from '../arguments/global-options.ts';
import { longName, type OptionSpecs } from '../arguments/options.ts';
import type { CommandTable } from '../command-table.ts';

/** One command with everything that can follow it. */
export interface CompletionEntry {
  /** `registry add`; empty for the program itself. */
  readonly path: string;
  readonly words: readonly CompletionWord[];
  /** The command's own options. */
  readonly options: readonly CompletionOption[];
}

interface CompletionWord {
  readonly word: string;
  readonly about: string;
}

export interface CompletionOption {
  /** `--tags` */
  readonly name: string;
  readonly about: string;
  /** The closed set of values, or empty. */
  readonly values: readonly string[];
  readonly takesValue: boolean;
}

/** Options that may follow every command. */
export const globalCompletions: readonly CompletionOption[] = [
  ...optionsOf(globalOptions),
  { name: '--help', about: 'tell about the command', values: [], takesValue: false },
];

/** Loads every command of the table; only the completion command does that. */
export async function completionEntries(
  table: CommandTable,
  path: readonly string[] = [],
): Promise<readonly CompletionEntry[]> {
  const here: CompletionEntry = { path: '', words: wordsOf(table), options: [] };
  const below = await Promise.all(
    Object.entries(table).map(async ([name, node]) => {
      const own = [...path, name];
      const command = node.load === undefined ? null : (await node.load()).command;
      const entry = {
        path: own.join(' '),
        words: wordsOf(node.children ?? {}),
        options: optionsOf(command?.options ?? {}),
      };
      return [entry, ...(node.children === undefined ? [] : await completionEntries(node.children, own))];
    }),
  );
  return [...(path.length === 0 ? [here] : []), ...below.flat()];
}

function wordsOf(table: CommandTable): readonly CompletionWord[] {
  return Object.entries(table).map(([word, { summary }]) => ({ word, about: summary }));
}

function optionsOf(specs: OptionSpecs): readonly CompletionOption[] {
  return Object.values(specs).map(({ flags, summary, choices }) => ({
    name: longName(flags),
    about: summary,
    values: choices ?? [],
    takesValue: flags.includes('<'),
  }));
}
