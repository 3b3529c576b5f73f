/** Completion for fish: one declaration per word and option. */
import { type CompletionEntry, type CompletionOption, globalCompletions } from './entries.ts';

export function fishScript(entries: readonly CompletionEntry[]): string {
  return [
    '# fish completion of omnibase; load it with: omnibase completion fish | source',
    ...globalCompletions.map((option) => optionLine('true', option)),
    ...entries.flatMap(({ path, words, options }) => {
      const here = wordsSeen(path);
      const others = words.map(({ word }) => word).join(' ');
      const next = path === '' ? '__fish_use_subcommand' : `${here}; and not __fish_seen_subcommand_from ${others}`;
      return [
        ...words.map(
          ({ word, about }) => `complete -c omnibase -f -n ${quote(next)} -a ${quote(word)} -d ${quote(about)}`,
        ),
        ...options.map((option) => optionLine(here, option)),
      ];
    }),
    '',
  ].join('\n');
}

function optionLine(condition: string, { name, about, values, takesValue }: CompletionOption): string {
  const value = values.length > 0 ? ` -x -a ${quote(values.join(' '))}` : takesValue ? ' -r' : '';
  return `complete -c omnibase -n ${quote(condition)} -l ${name.slice(2)}${value} -d ${quote(about)}`;
}

function wordsSeen(path: string): string {
  return path
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
