/**
 * Golden scripts: commands, files and what is expected of them in one readable text.
 *
 *     What this script shows, in a line or two.
 *
 *     === config.json          a file, up to the next line that begins with === or $
 *     {,}
 *     ===
 *     $ omnibase orch --stage pre-commit
 *     | stdout, line by line
 *     ! stderr, line by line
 *     ? 1                      exit code; 0 when left out
 *     # a remark
 *
 * Output that is not written here must be empty. `[...]` alone on a line stands for any number of lines, and
 * inside a line `[uuid]`, `[hex]`, `[id]` (the start of a run id), `[time]`, `[took]`, `[n]`, `[...]` stand
 * for what changes from run to run. Commands run in `sh`, one after the other, in one folder.
 */

export interface Step {
  /** 1-based line of the script, for messages. */
  readonly line: number;
  readonly command: string;
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exit: number;
}

export interface Script {
  readonly about: string;
  readonly steps: readonly Step[];
}

interface Draft {
  line: number;
  command: string;
  files: { path: string; content: string }[];
  stdout: string[];
  stderr: string[];
  exit: number;
}

/** Reads a script; a line that belongs to nothing is a mistake and throws. */
export function parseScript(text: string): Script {
  const lines = text.replace(/\n$/, '').split('\n');
  const about: string[] = [];
  const steps: Draft[] = [];
  let files: Draft['files'] = [];
  let open: { path: string; content: string } | null = null;
  for (const [index, line] of lines.entries()) {
    const step = steps.at(-1);
    const header = /^=== ?(.*)$/.exec(line);
    if (header !== null) {
      open = header[1] === '' || header[1] === undefined ? null : { path: header[1], content: '' };
      if (open !== null) files.push(open);
    } else if (line.startsWith('$ ')) {
      open = null;
      steps.push({ line: index + 1, command: line.slice(2), files, stdout: [], stderr: [], exit: 0 });
      files = [];
    } else if (open !== null) open.content += `${line}\n`;
    else if (line === '' || line.startsWith('# ')) continue;
    else if (step === undefined) about.push(line);
    else if (/^\|( |$)/.test(line)) step.stdout.push(line.slice(2));
    else if (/^!( |$)/.test(line)) step.stderr.push(line.slice(2));
    else if (/^\? \d+$/.test(line)) step.exit = Number(line.slice(2));
    else throw new Error(`line ${index + 1} is neither output nor command: ${line}`);
  }
  if (steps.length === 0) throw new Error('the script has no command');
  return { about: about.join(' ').trim(), steps };
}

const placeholders: Readonly<Record<string, string>> = {
  uuid: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  hex: '[0-9a-f]{7,64}',
  id: '[0-9a-f]{8}-[0-9a-f]{4}',
  time: '\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z',
  took: ' *\\d+(?:\\.\\d)? (?:ms|s|min(?: \\d+ s)?)',
  n: '\\d+',
  '...': '.*',
};

/** The first expected line that the output does not have, or null when all is as written. */
export function mismatch(expected: readonly string[], output: string): string | null {
  const actual = output === '' ? [] : output.replace(/\n$/, '').split('\n');
  return matchFrom(expected, actual);
}

function matchFrom(expected: readonly string[], actual: readonly string[]): string | null {
  const [wanted, ...restWanted] = expected;
  if (wanted === undefined) return actual[0] === undefined ? null : `not expected: ${actual[0]}`;
  if (wanted === '[...]') {
    const tries = actual.map((_, index) => matchFrom(restWanted, actual.slice(index)));
    return [...tries, matchFrom(restWanted, [])].includes(null) ? null : `nowhere: ${restWanted[0] ?? ''}`;
  }
  const [line, ...restActual] = actual;
  if (line === undefined) return `missing: ${wanted}`;
  return linePattern(wanted).test(line) ? matchFrom(restWanted, restActual) : `expected: ${wanted}\n  actual: ${line}`;
}

function linePattern(wanted: string): RegExp {
  const parts = wanted.split(/\[(uuid|hex|id|time|took|n|\.\.\.)\]/);
  const source = parts
    .map((part, index) =>
      index % 2 === 1 ? (placeholders[part] ?? '') : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`);
}
