/** Finds the command a line names, wherever global options stand, and refuses unknown names. */
import { globalOptions } from './arguments/global-options.ts';
import { longName } from './arguments/options.ts';
import { unknownWord, usageError } from './arguments/usage.ts';
import type { CommandNode, CommandTable } from './command-table.ts';

export interface FoundCommand {
  /** Words of the command, e.g. `['registry', 'add']`; empty for the program itself. */
  readonly path: readonly string[];
  /** The node the words lead to; null for the program itself. */
  readonly node: CommandNode | null;
  /** Everything that is not a word of the command. */
  readonly rest: readonly string[];
  readonly wantsHelp: boolean;
}

/**
 * Walks the command words of a line through the table.
 *
 * @throws OB002 for an unknown command, with the nearest name, and for a noun without its verb.
 */
export function findCommand(table: CommandTable, line: readonly string[]): FoundCommand {
  const path: string[] = [];
  const rest: string[] = [];
  let node: CommandNode | null = null;
  let children: CommandTable | undefined = table;
  // False once something of the command's own was seen: `orch --stage ci ls` does not mean `orch ls`.
  let mayDescend = true;
  let wantsHelp = false;

  for (let index = 0; index < line.length; index += 1) {
    const word = line[index] ?? '';
    if (word === '--') {
      rest.push(...line.slice(index));
      break;
    }
    if (word === '--help' || word === '-h') wantsHelp = true;
    else if (word === 'help' && path.length === 0 && !wantsHelp) wantsHelp = true;
    else if (word.startsWith('-') && word !== '-') {
      rest.push(word);
      const global = globalFlags.get(word.split('=')[0] ?? '');
      if (global === undefined) mayDescend &&= node?.load === undefined;
      else if (global === 'valued' && !word.includes('=') && index + 1 < line.length)
        rest.push(line[(index += 1)] ?? '');
    } else if (children !== undefined && mayDescend) {
      if (Object.hasOwn(children, word)) {
        path.push(word);
        node = children[word] ?? null;
        children = node?.children;
      } else throw unknownWord('command', [...path, word].join(' '), names(children, path), helpLine(path));
    } else {
      rest.push(word);
      mayDescend = false;
    }
  }
  if (!wantsHelp && node !== null && node.load === undefined) {
    throw usageError(
      `omnibase ${path.join(' ')} needs one of: ${Object.keys(node.children ?? {}).join(', ')}`,
      helpLine(path),
    );
  }
  return { path, node, rest, wantsHelp };
}

const globalFlags: ReadonlyMap<string, 'valued' | 'switch'> = new Map(
  Object.values(globalOptions).map(
    ({ flags }) => [longName(flags), flags.includes('<') ? 'valued' : 'switch'] as const,
  ),
);

function names(children: CommandTable | undefined, path: readonly string[]): string[] {
  return Object.keys(children ?? {}).map((name) => [...path, name].join(' '));
}

function helpLine(path: readonly string[]): string {
  return ['omnibase', ...path, '--help'].join(' ');
}
