/**
 * Writes the generated pages under `docs/reference/`. `node scripts/docs.ts --check` only compares and
 * fails on drift; a unit test does the same.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CommandTable, commandTable } from '../cli/command-table.ts';
import { commandHelp, nounHelp, programHelp } from '../cli/help.ts';
import { type ErrorEntry, errorCatalogue } from '../contracts/error.ts';
import { renderConfigPage } from './config-page.ts';

const folder = path.resolve(import.meta.dirname, '../docs/reference');

/** Area of a code by its letters, in the order of the page. */
const areas: Readonly<Record<string, string>> = {
  OB: 'Platform',
  OR: 'Stage runs',
  NE: 'One component inside a run',
  RG: 'Registry',
  MD: 'Metadata document',
  SC: 'Schema of metadata',
  LC: 'Lifecycle',
  ST: 'State contracts',
  QY: 'Queries, versions, references',
  FS: 'Files',
  SX: 'Security',
  ND: 'Node registration',
  RN: 'Runs',
};

/** The error catalogue as a page: one table per area, codes in order. */
export function renderErrorPage(catalogue: Readonly<Record<string, ErrorEntry>> = errorCatalogue): string {
  const lines = [
    '# Errors',
    '',
    'Generated from `contracts/errors/` by `node scripts/docs.ts`; do not edit.',
    '',
    'Every error carries a code, a name, a class, a message, details as data and one next step. `Exit` is the exit code of the',
    'command line, `HTTP` the status of the gateway, `Retry` whether the same call may succeed later unchanged.',
  ];
  const codes = Object.keys(catalogue).sort();
  const known = new Set(Object.keys(areas));
  const unknown = codes.filter((code) => !known.has(code.slice(0, 2)));
  if (unknown.length > 0) throw new Error(`no area for ${unknown.join(', ')}`);
  for (const [prefix, title] of Object.entries(areas)) {
    const rows = codes.filter((code) => code.startsWith(prefix));
    if (rows.length === 0) continue;
    lines.push(
      '',
      `## ${title}`,
      '',
      '| Code | Name | Class | Exit | HTTP | Retry | Meaning | What to do |',
      '|---|---|---|---|---|---|---|---|',
    );
    for (const code of rows) {
      const entry = catalogue[code];
      if (entry === undefined) continue;
      const cells = [
        code,
        `\`${entry.name}\``,
        entry.class,
        entry.exit,
        entry.http ?? '-',
        entry.retryable ? 'yes' : 'no',
        cell(entry.message),
        cell(entry.remedy),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** The command line as a page: the help of the program, of every noun and of every command. */
export async function renderCommandPage(): Promise<string> {
  const intro = [
    '# Command line',
    '',
    'Generated from the declarations under `cli/commands/` by `node scripts/docs.ts`; do not edit.',
    '',
    fenced(programHelp(commandTable)),
  ];
  return `${[...intro, ...(await helpOf(commandTable, []))].join('\n')}\n`;
}

async function helpOf(table: CommandTable, path: readonly string[]): Promise<string[]> {
  const parts = await Promise.all(
    Object.entries(table).map(async ([name, node]) => {
      const own = [...path, name];
      const command = node.load === undefined ? null : (await node.load()).command;
      const help = command === null ? nounHelp(own, node) : commandHelp(own, node, command);
      const below = node.children === undefined ? [] : await helpOf(node.children, own);
      return ['', `## omnibase ${own.join(' ')}`, '', fenced(help), ...below];
    }),
  );
  return parts.flat();
}

function fenced(text: string): string {
  return ['```', text.trimEnd(), '```'].join('\n');
}

/** Page name → generator. */
export const generatedPages: Readonly<Record<string, () => string | Promise<string>>> = {
  'errors.md': () => renderErrorPage(),
  'cli.md': renderCommandPage,
  'config.md': renderConfigPage,
};

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  for (const [name, render] of Object.entries(generatedPages)) {
    const file = path.join(folder, name);
    const page = await render();
    if (!check) {
      await writeFile(file, page);
      continue;
    }
    if ((await readFile(file, 'utf8')) === page) continue;
    process.stderr.write(`docs/reference/${name} is out of date: run \`node scripts/docs.ts\`\n`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
