/**
 * The report of a stage run for people (stages.md 12): a header, one line per component, findings below,
 * totals, the next command. Lines fit the terminal, at most 100 columns; nothing is cut off.
 */
import { stripVTControlCharacters } from 'node:util';
import type { ComponentResult, RunReport, Stage, Status } from '../../contracts/stage.ts';
import { type Palette, palette } from './colour.ts';
import { counted, shownDuration } from './duration.ts';
import { findingLines } from './findings.ts';
import { safeLines, safeText } from './safe-text.ts';
import { displayWidth, flow, padEnd, padStart, truncate, wrap } from './width.ts';

export interface ReportStyle {
  readonly columns: number;
  readonly colour: boolean;
}

/** Renders the whole report, ending with a newline. */
export function renderRunReport(report: RunReport, style: ReportStyle): string {
  const width = Math.max(40, Math.min(100, style.columns));
  const paint = palette(style.colour);
  const lines = [
    ...flow(headerParts(report), '   ', width),
    ...report.messages.flatMap((message) =>
      labelled(message.level === 'warning' ? paint.warning('warning:') : 'note:', safeText(message.text), width),
    ),
    ...componentLines(report, width, paint),
    ...report.errors.flatMap((error) =>
      labelled(paint.bad(`${error.class} [${error.code}]`), safeText(error.message), width),
    ),
    ...totals(report, width),
    ...flow(nextParts(report), '     ', width),
  ];
  return `${lines.join('\n')}\n`;
}

/** The start of a run id that finds it again: milliseconds of its UUIDv7. */
export function shortRunId(runId: string): string {
  return runId.slice(0, 13);
}

const label: Readonly<Record<Status, string>> = {
  pass: '[PASS]',
  fail: '[FAIL]',
  warn: '[WARN]',
  skip: '[SKIP]',
  error: '[ERROR]',
};

/** What the components of a stage are called in its header. */
const nounOf: Readonly<Record<Stage, string>> = {
  'pre-commit': 'validator',
  ci: 'component',
  test: 'test',
  exec: 'component',
};

function headerParts(report: RunReport): readonly string[] {
  const { stage, inputs, results, repo } = report;
  const what = `${counted(inputs.files, 'file')}, ${counted(results.length, nounOf[stage])}`;
  const source = {
    index: 'index',
    range: `${repo.from_ref ?? ''}..${repo.to_ref ?? 'HEAD'}`,
    tree: 'all files of',
    files: 'chosen files of',
  }[repo.source];
  const tree = repo.target_tree === null ? '' : ` ${repo.target_tree.slice(0, 7)}`;
  const branch = repo.branch === null ? '' : ` on ${safeText(repo.branch)}`;
  const head = repo.head === null ? ' (no commit yet)' : ` (${repo.head.slice(0, 7)})`;
  return [`omnibase ${stage}`, what, `${safeText(source)}${tree}${branch}${head}`];
}

function componentLines(report: RunReport, width: number, paint: Palette): string[] {
  const rows = report.results.map((result) => ({ result, name: safeText(result.component.name) }));
  const nameWidth = Math.min(Math.max(20, ...rows.map(({ name }) => displayWidth(name))), Math.max(12, width - 36));
  const fileWidth = Math.max(0, ...rows.map(({ result }) => counted(result.files_checked, 'file').length));
  const timeWidth = Math.max(7, ...rows.map(({ result }) => shownDuration(result.duration_ms).length));
  return rows.flatMap(({ result, name }) => {
    const shown = truncate(name, nameWidth);
    const start = `${paintStatus(result.status, paint)} ${padEnd(shown, nameWidth)}`;
    const facts = [
      padStart(counted(result.files_checked, 'file'), fileWidth),
      padStart(shownDuration(result.duration_ms), timeWidth),
      ...(result.cached === 'none' ? [] : [result.cached === 'all' ? 'cached' : 'partly cached']),
      ...(result.attempts > 1 ? [`${result.attempts} attempts`] : []),
      ...(result.enforcement === 'standard' ? [] : [result.enforcement]),
    ];
    const line =
      result.status === 'skip' ? `${start}  ${skipText(result.skipped_reason)}` : `${start}  ${facts.join('  ')}`;
    return [line.trimEnd(), ...detailLines(result, width, paint)];
  });
}

/** The fixed reasons as sentences; any other reason as it is. */
const skipReasons: Readonly<Record<string, string>> = {
  'no-files': 'no matching files',
  'fail-fast': 'not run: an earlier component failed',
  'upstream-failed': 'not run: a component it needs failed',
  'breaker-open': 'not run: it failed too often lately',
  cancelled: 'not run: cancelled',
};

function skipText(reason: string | null): string {
  return reason === null ? 'skipped' : (skipReasons[reason] ?? safeText(reason));
}

function detailLines(result: ComponentResult, width: number, paint: Palette): string[] {
  const shown = result.findings.filter((finding) => finding.suppressed === undefined);
  const hidden = result.findings_total - result.findings.length;
  return [
    ...findingLines(shown, width, paint),
    ...(hidden > 0 ? [paint.dim(`  and ${counted(hidden, 'more finding')}`)] : []),
    ...result.errors.flatMap((error) => [
      ...labelled(`  ${paint.bad(`${error.class} [${error.code}]`)}`, safeText(error.message), width),
      ...(error.next === undefined ? [] : labelled('  next:', safeText(error.next), width)),
    ]),
    ...result.messages.flatMap((message) => safeLines(message).flatMap((line) => labelled('  note:', line, width))),
  ];
}

function totals(report: RunReport, width: number): string[] {
  const { summary } = report;
  const { findings } = summary;
  const counts = (
    [
      [summary.errored, summary.errored === 1 ? 'error' : 'errors'],
      [summary.failed, 'failed'],
      [summary.warned, 'warned'],
      [summary.passed, 'passed'],
      [summary.skipped, 'skipped'],
    ] as const
  ).flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  const fixable = findings.fixable > 0 ? ` (${findings.fixable} fixable)` : '';
  const found = [
    `${counted(findings.error, 'error')}${fixable}`,
    counted(findings.warning, 'warning'),
    ...(findings.suppressed > 0 ? [`${findings.suppressed} suppressed`] : []),
  ].join(', ');
  const ended = report.state === 'completed' ? [] : [report.state.replace('_', ' ')];
  const nothing = counts.length === 0 ? [`nothing to run: ${safeText(report.selection.preset)}`] : [counts.join(', ')];
  const [first, ...rest] = [...ended, ...nothing, found, shownDuration(report.execution_time_ms)];
  return flow([`[TIME] ${first}`, ...rest], '   ', width);
}

function nextParts(report: RunReport): readonly string[] {
  const { state, stage, exit_code, summary, errors } = report;
  const show = `omnibase orch show ${shortRunId(report.run_id)}`;
  if (state !== 'completed') {
    return [`next: ${safeText(errors[0]?.next ?? `omnibase orch --stage ${stage}`)}`, `report: ${show}`];
  }
  if (summary.failed > 0 && stage === 'pre-commit') {
    return ['next: correct the files, git add them, commit again', `report: ${show}`];
  }
  return [exit_code === 0 ? `report: ${show}` : `next: ${show} --format yaml`];
}

function paintStatus(status: Status, paint: Palette): string {
  const text = padEnd(label[status], 6);
  if (status === 'fail' || status === 'error') return paint.bad(text);
  if (status === 'warn') return paint.warning(text);
  return status === 'pass' ? paint.good(text) : paint.dim(text);
}

/** A label and a text; what does not fit goes on below, indented. */
function labelled(start: string, text: string, width: number): string[] {
  const [first = '', ...rest] = wrap(text, width - displayWidth(stripVTControlCharacters(start)) - 1);
  return [`${start} ${first}`, ...rest.flatMap((line) => wrap(line, width - 4)).map((line) => `    ${line}`)];
}
