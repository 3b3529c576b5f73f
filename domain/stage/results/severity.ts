/**
 * What the configuration and the enforcement of a component make of its findings (stages.md 2, 3): a rule may be off or
 * have another severity, severities may be mapped, and an informational component keeps none above its limit.
 */
import type { Finding, PlannedComponent, Severity } from '../../../contracts/stage.ts';

/** The part of a planned component that decides about severities. */
export type SeverityPolicy = Pick<PlannedComponent, 'rules' | 'severity_map' | 'severity_limit'>;

const rank: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 };

/** The findings with the severities that count in this run; those of rules that are off become suppressed. */
export function applySeverity(findings: readonly Finding[], policy: SeverityPolicy): readonly Finding[] {
  return findings.map((finding) => adjust(finding, policy));
}

/** The highest severity a finding of `severity` can still have when no rule of the configuration names it. */
export function mappedSeverity(severity: Severity, policy: SeverityPolicy): Severity {
  return limited(policy.severity_map?.[severity] ?? severity, policy);
}

function adjust(finding: Finding, policy: SeverityPolicy): Finding {
  const ruled = Object.hasOwn(policy.rules, finding.rule) ? policy.rules[finding.rule] : undefined;
  if (ruled === 'off') {
    return { ...finding, suppressed: finding.suppressed ?? { by: 'config', reason: `rule ${finding.rule} is off` } };
  }
  const severity = ruled === undefined ? mappedSeverity(finding.severity, policy) : limited(ruled, policy);
  return severity === finding.severity ? finding : { ...finding, severity };
}

function limited(severity: Severity, { severity_limit = 'error' }: SeverityPolicy): Severity {
  return rank[severity] > rank[severity_limit] ? severity_limit : severity;
}
