/** The `[TIME]` line of a report: how many components ended how, what was found, how long it took. */
import type { RunReport } from '../../contracts/stage.ts';
import { counted, shownDuration } from './duration.ts';
import { safeText } from './safe-text.ts';

/** The parts of the line; worst outcomes first. */
export function totalsParts(report: RunReport): readonly string[] {
  const { state, results, errors } = report;
  const took = shownDuration(report.execution_time_ms);
  const ended = state === 'completed' ? [] : [state.replace('_', ' ')];
  // The error above says it all when nothing was planned.
  const parts = results.length === 0 && errors.length > 0 ? ended : [...ended, outcomes(report), findings(report)];
  return [`[TIME] ${parts[0] ?? 'errored'}`, ...parts.slice(1), took];
}

function outcomes({ summary, selection }: RunReport): string {
  const counts = [
    [summary.errored, summary.errored === 1 ? 'error' : 'errors'],
    [summary.failed, 'failed'],
    [summary.warned, 'warned'],
    [summary.passed, 'passed'],
    [summary.skipped, 'skipped'],
  ] as const;
  const shown = counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  return shown.length === 0 ? `nothing to run: ${safeText(selection.preset)}` : shown.join(', ');
}

function findings({ summary: { findings } }: RunReport): string {
  const fixable = findings.fixable > 0 ? ` (${findings.fixable} fixable)` : '';
  return [
    `${counted(findings.error, 'error')}${fixable}`,
    counted(findings.warning, 'warning'),
    ...(findings.suppressed > 0 ? [`${findings.suppressed} suppressed`] : []),
  ].join(', ');
}
