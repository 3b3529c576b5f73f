/** Completion for bash, and through its compatibility layer for zsh. */
import { type CompletionEntry, type CompletionOption, globalCompletions } from './entries.ts';

/** The words of the line up to the cursor are matched to the longest known command. */
export function bashScript(entries: readonly CompletionEntry[]): string {
  const known = entries.map(({ path }) => path.replaceAll(' ', '/')).filter((path) => path !== '');
  return [
    '# bash completion of omnibase; load it with: source <(omnibase completion bash)',
    '_omnibase() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
    '  local path="" word longer words="" options=""',
    `  local known=' ${known.join(' ')} '`,
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    longer="${path:+$path/}$word"',
    '    case "$known" in *" $longer "*) path="$longer" ;; esac',
    '  done',
    ...valueCases('  ', globalCompletions),
    '  case "$path" in',
    ...entries.flatMap(commandCase),
    '  esac',
    `  options="$options ${globalCompletions.map(({ name }) => name).join(' ')}"`,
    '  case "$current" in',
    '    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;',
    '    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;',
    '  esac',
    '  [ "${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))',
    '}',
    'complete -o filenames -F _omnibase omnibase',
    '',
  ].join('\n');
}

export function zshScript(entries: readonly CompletionEntry[]): string {
  return [
    '#compdef omnibase',
    '# zsh completion of omnibase; load it with: source <(omnibase completion zsh)',
    'autoload -U +X bashcompinit && bashcompinit',
    bashScript(entries),
  ].join('\n');
}

function commandCase({ path, words, options }: CompletionEntry): string[] {
  return [
    `    '${path.replaceAll(' ', '/')}')`,
    ...valueCases('      ', options),
    `      words='${words.map(({ word }) => word).join(' ')}' options='${options.map(({ name }) => name).join(' ')}' ;;`,
  ];
}

/** An option with a closed set of values stands before the cursor: only those fit. */
function valueCases(indent: string, options: readonly CompletionOption[]): string[] {
  const closed = options.filter(({ values }) => values.length > 0);
  if (closed.length === 0) return [];
  const cases = closed.map(
    ({ name, values }) => `  ${name}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`,
  );
  return ['case "$previous" in', ...cases, 'esac'].map((line) => indent + line);
}
