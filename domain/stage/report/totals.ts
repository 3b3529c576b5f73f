/** The counts of a report (stages.md 11, `summary`). */
import type { ComponentResult, RunReport, Severity, Status } from '../../../contracts/stage.ts';

/** Findings are counted among those kept; what was cut off counts by the status it led to, not by severity. */
export function summarise(results: readonly ComponentResult[]): RunReport['summary'] {
  const withStatus = (wanted: Status) => results.filter(({ status }) => status === wanted).length;
  const findings = { error: 0, warning: 0, info: 0, suppressed: 0, fixable: 0 };
  for (const finding of results.flatMap((result) => result.findings)) {
    const kind: Severity | 'suppressed' = finding.suppressed === undefined ? finding.severity : 'suppressed';
    findings[kind] += 1;
    if (kind !== 'suppressed' && finding.fixable) findings.fixable += 1;
  }
  return {
    total: results.length,
    passed: withStatus('pass'),
    failed: withStatus('fail'),
    warned: withStatus('warn'),
    skipped: withStatus('skip'),
    errored: withStatus('error'),
    findings,
    cache: {
      hits: results.filter(({ cached }) => cached === 'all').length,
      misses: results.filter(({ cached, steps }) => cached !== 'all' && steps.length > 0).length,
    },
  };
}
