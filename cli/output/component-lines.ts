/** One line per component of a report, its findings, errors and messages below. */
import type { ComponentResult, Status } from '../../contracts/stage.ts';
import type { Palette } from './colour.ts';
import { counted, shownDuration } from './duration.ts';
import { findingLines } from './findings.ts';
import { labelled } from './labelled.ts';
import { safeLines, safeText } from './safe-text.ts';
import { displayWidth, padEnd, padStart, truncate } from './width.ts';

/** Lines of at most `width` columns; names, counts and times stand in columns. */
export function componentLines(results: readonly ComponentResult[], width: number, paint: Palette): string[] {
  const rows = results.map((result) => ({ result, name: safeText(result.component.name) }));
  const widest = (texts: readonly string[], least: number): number => Math.max(least, ...texts.map(displayWidth));
  const nameWidth = Math.min(
    widest(
      rows.map(({ name }) => name),
      20,
    ),
    Math.max(12, width - 36),
  );
  const fileWidth = widest(
    results.map(({ files_checked }) => counted(files_checked, 'file')),
    0,
  );
  const timeWidth = widest(
    results.map(({ duration_ms }) => shownDuration(duration_ms)),
    7,
  );
  return rows.flatMap(({ result, name }) => {
    const start = `${statusLabel(result.status, paint)} ${padEnd(truncate(name, nameWidth), nameWidth)}`;
    const facts = [
      padStart(counted(result.files_checked, 'file'), fileWidth),
      padStart(shownDuration(result.duration_ms), timeWidth),
      ...(result.cached === 'none' ? [] : [result.cached === 'all' ? 'cached' : 'partly cached']),
      ...(result.attempts > 1 ? [`${result.attempts} attempts`] : []),
      ...(result.enforcement === 'standard' ? [] : [result.enforcement]),
    ];
    const rest = result.status === 'skip' ? skipText(result.skipped_reason) : facts.join('  ');
    return [`${start}  ${rest}`.trimEnd(), ...detailLines(result, width, paint)];
  });
}

const labels: Readonly<Record<Status, string>> = {
  pass: '[PASS]',
  fail: '[FAIL]',
  warn: '[WARN]',
  skip: '[SKIP]',
  error: '[ERROR]',
};

function statusLabel(status: Status, paint: Palette): string {
  const text = labels[status];
  if (status === 'fail' || status === 'error') return paint.bad(text);
  if (status === 'warn') return paint.warning(text);
  return status === 'pass' ? paint.good(text) : paint.dim(text);
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
