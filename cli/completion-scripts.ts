/**
 * Completion scripts for bash, zsh and fish, written out from the declarations of all commands. A script
 * knows every command, option and closed set of values; nothing is started while someone presses TAB.
 */
import { globalOptions } from './arguments/global-options.ts';
import { longName, type OptionSpecs } from './arguments/options.ts';
import type { Command } from './command.ts';
import type { CommandTable } from './command-table.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** One command with everything that can follow it. */
export interface CompletionEntry {
  /** `registry add`; empty for the program itself. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly about: string }[];
  readonly options: readonly {
    readonly name: string;
    readonly about: string;
    readonly values: readonly string[];
    readonly takesValue: boolean;
  }[];
}

/** Loads every command of the table; only the completion command does that. */
export async function completionEntries(
  table: CommandTable,
  path: readonly string[] = [],
): Promise<readonly CompletionEntry[]> {
  const here: CompletionEntry[] =
    path.length === 0 ? [{ path: '', words: wordsOf(table), options: optionsOf(globalOptions) }] : [];
  const below = await Promise.all(
    Object.entries(table).map(async ([name, node]) => {
      const own = [...path, name];
      const command: Command | null = node.load === undefined ? null : (await node.load()).command;
      const entry: CompletionEntry = {
        path: own.join(' '),
        words: wordsOf(node.children ?? {}),
        options: optionsOf({ ...globalOptions, ...command?.options }),
      };
      return [entry, ...(node.children === undefined ? [] : await completionEntries(node.children, own))];
    }),
  );
  return [...here, ...below.flat()];
}

export function completionScript(shell: Shell, entries: readonly CompletionEntry[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](entries);
}

function wordsOf(table: CommandTable): CompletionEntry['words'] {
  return Object.entries(table).map(([word, { summary }]) => ({ word, about: summary }));
}

function optionsOf(specs: OptionSpecs): CompletionEntry['options'] {
  return Object.values(specs).map(({ flags, summary, choices }) => ({
    name: longName(flags),
    about: summary,
    values: choices ?? [],
    takesValue: flags.includes('<'),
  }));
}

/** The words of the line up to the cursor are matched to the longest known command. */
function bashScript(entries: readonly CompletionEntry[]): string {
  const cases = entries.flatMap(({ path, words, options }) => [
    `    '${path}')`,
    ...valueCases(options),
    `      candidates='${[...words.map(({ word }) => word), ...options.map(({ name }) => name)].join(' ')}' ;;`,
  ]);
  const paths = entries.map(({ path }) => path).filter((path) => path !== '');
  return [
    '# bash completion of omnibase; load it with: source <(omnibase completion bash)',
    '_omnibase() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path="" word candidates=""',
    `  local known=' ${paths.map((path) => path.replaceAll(' ', '/')).join(' ')} '`,
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    local longer="${path:+$path/}$word"',
    '    case "$known" in *" $longer "*) path="$longer" ;; esac',
    '  done',
    '  case "${path//\\// }" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$candidates" -- "$current"))',
    '  [ "${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))',
    '}',
    'complete -o filenames -F _omnibase omnibase',
    '',
  ].join('\n');
}

function valueCases(options: CompletionEntry['options']): string[] {
  const closed = options.filter(({ values }) => values.length > 0);
  if (closed.length === 0) return [];
  return [
    '      case "$previous" in',
    ...closed.map(
      ({ name, values }) => `        ${name}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`,
    ),
    '      esac',
  ];
}

/** zsh runs the bash function through its own compatibility layer, with the same knowledge. */
function zshScript(entries: readonly CompletionEntry[]): string {
  return [
    '#compdef omnibase',
    '# zsh completion of omnibase; load it with: source <(omnibase completion zsh)',
    'autoload -U +X bashcompinit && bashcompinit',
    bashScript(entries),
  ].join('\n');
}

function fishScript(entries: readonly CompletionEntry[]): string {
  const nouns = entries.filter(({ path, words }) => path !== '' && words.length > 0).map(({ path }) => path);
  const lines = entries.flatMap(({ path, words, options }) => {
    const condition = fishCondition(
      path,
      words.map(({ word }) => word),
    );
    return [
      ...words.map(
        ({ word, about }) =>
          `complete -c omnibase -f -n ${fishQuote(condition.words)} -a ${fishQuote(word)} -d ${fishQuote(about)}`,
      ),
      ...options
        .filter(({ name }) => path === '' || !isGlobal(name))
        .map(({ name, about, values, takesValue }) => {
          const value = values.length > 0 ? ` -x -a ${fishQuote(values.join(' '))}` : takesValue ? ' -r' : '';
          return `complete -c omnibase -n ${fishQuote(path === '' ? 'true' : condition.options)} -l ${name.slice(2)}${value} -d ${fishQuote(about)}`;
        }),
    ];
  });
  return [
    '# fish completion of omnibase; load it with: omnibase completion fish | source',
    `# commands with a second word: ${nouns.join(', ')}`,
    ...lines,
    '',
  ].join('\n');
}

function fishCondition(path: string, words: readonly string[]): { readonly words: string; readonly options: string } {
  if (path === '') return { words: '__fish_use_subcommand', options: 'true' };
  const seen = path
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
  return {
    words: words.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${words.join(' ')}`,
    options: seen,
  };
}

const globalNames = new Set(Object.values(globalOptions).map(({ flags }) => longName(flags)));

function isGlobal(name: string): boolean {
  return globalNames.has(name);
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
