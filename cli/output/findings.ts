/** Findings below their component: place, severity, rule, message, aligned while they fit. */
import type { Finding } from '../../contracts/stage.ts';
import type { Palette } from './colour.ts';
import { safeLines, safePath } from './safe-text.ts';
import { displayWidth, padEnd, wrap } from './width.ts';

/** Widest place that still gets a column of its own. */
const widestPlace = 48;

/** Lines for the findings of one component, each at most `width` columns. */
export function findingLines(findings: readonly Finding[], width: number, paint: Palette): string[] {
  const rows = findings.map((finding) => ({ finding, place: placeOf(finding), text: safeLines(finding.message) }));
  const places = rows.map(({ place }) => displayWidth(place)).filter((columns) => columns <= widestPlace);
  const placeWidth = Math.max(0, ...places);
  const severityWidth = Math.max(0, ...findings.map(({ severity }) => severity.length));
  const ruleWidth = Math.max(0, ...rows.map(({ finding }) => displayWidth(finding.rule)));
  return rows.flatMap(({ finding, place, text }) => {
    const severity = paintSeverity(finding, severityWidth, paint);
    const [headline = '', ...below] = text;
    const tail = [headline, ...(finding.fixable ? ['fixable'] : [])].join('   ');
    const rest = [
      ...below.flatMap((line) => wrap(line, width - 6).map((part) => `      ${part}`)),
      ...(finding.suggestion === undefined
        ? []
        : safeLines(finding.suggestion).flatMap((line) =>
            wrap(`hint: ${line}`, width - 4).map((part) => `    ${paint.dim(part)}`),
          )),
    ];
    const oneLine = `  ${padEnd(place, placeWidth)}   ${' '.repeat(severityWidth)}  ${padEnd(finding.rule, ruleWidth)}   ${tail}`;
    if (displayWidth(oneLine) <= width)
      return [`  ${padEnd(place, placeWidth)}   ${severity}  ${padEnd(finding.rule, ruleWidth)}   ${tail}`, ...rest];
    const placeLines = place === '' ? [] : wrap(place, width - 2).map((part) => `  ${part}`);
    const [first = '', ...more] = wrap(`${finding.rule}   ${tail}`, width - severityWidth - 6);
    return [
      ...placeLines,
      `    ${severity}  ${first}`,
      ...more.map((part) => `${' '.repeat(severityWidth + 6)}${part}`),
      ...rest,
    ];
  });
}

function placeOf(finding: Finding): string {
  if (finding.path === undefined) return '';
  const at = [finding.line, finding.line === undefined ? undefined : finding.column].filter(
    (part) => part !== undefined,
  );
  return [safePath(finding.path, finding.path_bytes), ...at].join(':');
}

function paintSeverity({ severity }: Finding, width: number, paint: Palette): string {
  const text = padEnd(severity, width);
  if (severity === 'error') return paint.bad(text);
  return severity === 'warning' ? paint.warning(text) : paint.dim(text);
}
