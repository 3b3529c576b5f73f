/**
 * The report of a stage run for people (stages.md 12): a header, one line per component, findings below,
 * totals, the next command. Lines fit the terminal, at most 100 columns; nothing of a finding is cut off.
 */
import type { RunReport, Stage } from '../../contracts/stage.ts';
import { palette } from './colour.ts';
import { componentLines } from './component-lines.ts';
import { counted } from './duration.ts';
import { labelled } from './labelled.ts';
import { totalsParts } from './run-totals.ts';
import { safeText } from './safe-text.ts';
import { flow } from './width.ts';

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
    ...report.messages.flatMap(({ level, text }) =>
      labelled(level === 'warning' ? paint.warning('warning:') : 'note:', safeText(text), width),
    ),
    ...componentLines(report.results, width, paint),
    ...report.errors.flatMap((error) =>
      labelled(paint.bad(`${error.class} [${error.code}]`), safeText(error.message), width),
    ),
    ...flow(totalsParts(report), '   ', width),
    ...flow(nextParts(report), '     ', width),
  ];
  return `${lines.join('\n')}\n`;
}

/** The start of a run id that finds it again: milliseconds of its UUIDv7. */
export function shortRunId(runId: string): string {
  return runId.slice(0, 13);
}

/** What the components of a stage are called in its header. */
const nounOf: Readonly<Record<Stage, string>> = {
  'pre-commit': 'validator',
  ci: 'component',
  test: 'test',
  exec: 'component',
};

function headerParts(report: RunReport): readonly string[] {
  const { stage, inputs, results, repo, errors } = report;
  const source = {
    index: 'index',
    range: `${repo.from_ref ?? ''}..${repo.to_ref ?? 'HEAD'}`,
    tree: 'all files of',
    files: 'chosen files of',
  }[repo.source];
  const tree = repo.target_tree === null ? '' : ` ${repo.target_tree.slice(0, 7)}`;
  const branch = repo.branch === null ? '' : ` on ${safeText(repo.branch)}`;
  const head = repo.head === null ? ' (no commit yet)' : ` (${repo.head.slice(0, 7)})`;
  // A run that could not be planned has nothing to count.
  const planned = results.length > 0 || errors.length === 0;
  const counts = `${counted(inputs.files, 'file')}, ${counted(results.length, nounOf[stage])}`;
  return [`omnibase ${stage}`, ...(planned ? [counts] : []), `${safeText(source)}${tree}${branch}${head}`];
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
