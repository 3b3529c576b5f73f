/**
 * Findings of plain commands (stages.md 7.2): `text` makes one finding of the last 40 lines, `unix` one of every line
 * `path:line:column: message`; absolute paths below the export become paths of the repository again.
 */
import { maxMessageBytes } from '../../../contracts/validator-protocol.ts';
import type { FindingDraft } from '../../findings/fingerprint.ts';
import { clip } from './clip.ts';

export interface PlainOutput {
  /** Name of the component; rules are `<name>/<rule>`. */
  readonly name: string;
  readonly parse: 'text' | 'unix';
  readonly root: string;
  readonly output: string;
  /** Paths the command was given. */
  readonly delivered: ReadonlySet<string>;
}

const keptLines = 40;
const unixLine = /^(.+?):(\d+)(?::(\d+))?:\s*(.*)$/;

/** Findings of a command that ended with a fail code; at least one. */
export function readPlainOutput(plain: PlainOutput): FindingDraft[] {
  if (plain.parse === 'unix') {
    const located = plain.output.split('\n').flatMap((line) => readUnixLine(line, plain));
    if (located.length > 0) return located;
  }
  return [wholeOutput(plain)];
}

function readUnixLine(line: string, plain: PlainOutput): FindingDraft[] {
  const match = unixLine.exec(line.trimEnd());
  const [, file, row, column, text] = match ?? [];
  if (file === undefined || row === undefined || Number(row) < 1) return [];
  const path = repositoryPath(file, plain.root);
  if (!plain.delivered.has(path)) return [];
  const { severity, message } = severityOf(text ?? '');
  return [
    {
      rule: `${plain.name}/finding`,
      severity,
      message: clip(message === '' ? 'reported without a message' : message, maxMessageBytes),
      path,
      line: Number(row),
      ...(column === undefined || Number(column) < 1 ? {} : { column: Number(column) }),
    },
  ];
}

/** Compilers and linters put the severity first: `warning: unused variable`. */
function severityOf(text: string): { severity: 'error' | 'warning' | 'info'; message: string } {
  const match = /^(error|warning|info|note):?\s+(.*)$/i.exec(text);
  const word = match?.[1]?.toLowerCase();
  const message = match?.[2] ?? text;
  if (word === 'warning') return { severity: 'warning', message };
  if (word === 'info' || word === 'note') return { severity: 'info', message };
  return { severity: 'error', message };
}

function wholeOutput({ name, output, root }: PlainOutput): FindingDraft {
  const lines = output.replaceAll(`${root}/`, '').trimEnd().split('\n').slice(-keptLines);
  const text = lines.join('\n').trim();
  const message = clip(text === '' ? 'the command reported a failure and printed nothing' : text, maxMessageBytes);
  return { rule: `${name}/failed`, severity: 'error', message };
}

function repositoryPath(file: string, root: string): string {
  const inside = file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
  return inside.startsWith('./') ? inside.slice(2) : inside;
}
