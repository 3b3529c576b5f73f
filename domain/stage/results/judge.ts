/**
 * From what a component answered to what that means in this run: severities applied, errors of informational
 * components lowered, expected results of tests compared (stages.md 2).
 */
import type { ErrorBody } from '../../../contracts/error.ts';
import type { Finding, PlannedComponent, Severity, Status } from '../../../contracts/stage.ts';
import { exitOfError } from '../verdict.ts';
import { applySeverity, mappedSeverity } from './severity.ts';

/** What was seen of one component, in one step or in all. */
export interface Observation {
  readonly status: Status;
  readonly skipped_reason: string | null;
  readonly findings: readonly Finding[];
  readonly findings_total: number;
  readonly errors: readonly ErrorBody[];
}

/** Rule of the finding that a test gets when its outcome is not the expected one. */
const unexpectedResultRule = 'test/unexpected-result';

const statusOfSeverity: Readonly<Record<Severity, Status>> = { error: 'fail', warning: 'warn', info: 'pass' };

/** The observation as it counts in the run. */
export function judge(planned: PlannedComponent, observed: Observation): Observation {
  const findings = applySeverity(observed.findings, planned);
  const status = statusInRun(planned, observed, findings);
  return compareWithExpected(planned, { ...observed, status, findings });
}

/**
 * What an error makes of a component: a crash or time-out of an informational one is a warning; protocol and sandbox
 * violations stay errors.
 */
export function errorStatus({ enforcement }: PlannedComponent, errors: readonly ErrorBody[]): 'error' | 'warn' {
  return enforcement === 'informational' && errors.every((error) => exitOfError(error) <= 1) ? 'warn' : 'error';
}

function statusInRun(planned: PlannedComponent, observed: Observation, findings: readonly Finding[]): Status {
  if (observed.status === 'skip') return 'skip';
  if (observed.status === 'error') return errorStatus(planned, observed.errors);
  const counted = findings.filter(({ suppressed }) => suppressed === undefined);
  if (counted.some(({ severity }) => severity === 'error')) return 'fail';
  if (isUnexplained(observed, 'fail', 'error')) return statusOfSeverity[mappedSeverity('error', planned)];
  if (counted.some(({ severity }) => severity === 'warning')) return 'warn';
  return isUnexplained(observed, 'warn', 'warning') ? statusOfSeverity[mappedSeverity('warning', planned)] : 'pass';
}

/** The status rests on more than the findings at hand: none of that severity came, or some were cut off. */
function isUnexplained({ status, findings, findings_total }: Observation, wanted: Status, severity: Severity): boolean {
  if (status !== wanted) return false;
  return findings.length < findings_total || !findings.some((finding) => finding.severity === severity);
}

function compareWithExpected(planned: PlannedComponent, judged: Observation): Observation {
  // A test that could not answer has shown no result to compare.
  if (planned.type !== 'test' || judged.status === 'error') return judged;
  const expected = planned.expected_result ?? 'pass';
  if (judged.status === expected) {
    const findings = judged.findings.map((finding) => suppressExpected(finding, expected));
    return { ...judged, status: 'pass', skipped_reason: null, findings };
  }
  const finding: Finding = {
    rule: unexpectedResultRule,
    severity: 'error',
    message: `expected ${expected}, observed ${judged.status}`,
    // One such finding per test: its uuid is the most stable name there is.
    fingerprint: planned.component.uuid.replaceAll('-', ''),
    fixable: false,
  };
  return {
    ...judged,
    status: 'fail',
    skipped_reason: null,
    findings: [...judged.findings, finding],
    findings_total: judged.findings_total + 1,
  };
}

/** Findings that a test was written to provoke are no findings of the run. */
function suppressExpected(finding: Finding, expected: Status): Finding {
  if (expected !== 'fail') return finding;
  return { ...finding, suppressed: finding.suppressed ?? { by: 'config', reason: 'expected by the test' } };
}
