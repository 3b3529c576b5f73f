/** Help texts: examples first, then usage, options and notes. Rendered from the declarations. */
import { globalOptions } from './arguments/global-options.ts';
import type { OptionSpecs } from './arguments/options.ts';
import type { Command } from './command.ts';
import type { CommandNode, CommandTable } from './command-table.ts';

/** `omnibase --help`. */
export function programHelp(table: CommandTable): string {
  const first = [
    ['omnibase init', 'register the built-in validators, write omnibase.config.yaml'],
    ['omnibase orch --stage pre-commit', 'check what is staged'],
    ['omnibase registry add validator.omnibase.yaml', 'register a component'],
    ['omnibase status', 'tell what runs and where'],
  ] as const;
  return page([
    'omnibase - component registry and orchestrator',
    section('Examples', columns(first)),
    section('Usage', ['omnibase COMMAND [options]']),
    section(
      'Commands',
      columns(Object.entries(table).map(([name, node]) => [shownName(name, node), node.summary] as const)),
    ),
    section('Global options', optionLines(globalOptions)),
    'omnibase COMMAND --help tells about one command.',
  ]);
}

/** `omnibase registry --help`: a noun and its verbs. */
export function nounHelp(path: readonly string[], node: CommandNode): string {
  const name = ['omnibase', ...path].join(' ');
  const verbs = Object.entries(node.children ?? {}).map(([verb, { summary }]) => [`${name} ${verb}`, summary] as const);
  return page([
    `${name} - ${node.summary}`,
    section('Commands', columns(verbs)),
    `${name} COMMAND --help tells about one of them.`,
  ]);
}

/** `omnibase registry add --help`. */
export function commandHelp(path: readonly string[], node: CommandNode, command: Command): string {
  const name = ['omnibase', ...path].join(' ');
  const verbs = Object.entries(node.children ?? {}).map(([verb, { summary }]) => [`${name} ${verb}`, summary] as const);
  const own = Object.keys(command.options).length > 0;
  return page([
    `${name} - ${command.summary}`,
    section('Examples', columns(command.examples.map(({ line, about }) => [line, about] as const))),
    section('Usage', [
      [name, own ? '[options]' : '', shownOperands(command.operands)].filter((part) => part !== '').join(' '),
    ]),
    ...(verbs.length === 0 ? [] : [section('Commands', columns(verbs))]),
    ...(own ? [section('Options', optionLines(command.options))] : []),
    section('Global options', optionLines(globalOptions)),
    ...(command.notes.length === 0 ? [] : [section('Notes', command.notes)]),
  ]);
}

/** `<file...>` as people write it: `FILE...`. */
function shownOperands(operands: string): string {
  return operands
    .replaceAll(/<([^>]+)>/g, (_, name: string) => name.toUpperCase())
    .replaceAll(/\[([^\]]+)\]/g, (_, name: string) => `[${name.toUpperCase()}]`);
}

function shownName(name: string, node: CommandNode): string {
  return node.children === undefined || node.load !== undefined ? name : `${name} …`;
}

function optionLines(specs: OptionSpecs): string[] {
  return columns(
    Object.values(specs).map(({ flags, summary, choices }) => {
      const indented = flags.startsWith('--') ? `    ${flags}` : flags;
      return [indented, choices === undefined ? summary : `${summary}: ${choices.join(', ')}`] as const;
    }),
  );
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(56, Math.max(...rows.map(([left]) => left.length)));
  return rows.flatMap(([left, right]) =>
    left.length > width ? [left, `${' '.repeat(width)}  ${right}`] : [`${left.padEnd(width)}  ${right}`],
  );
}

function section(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}
