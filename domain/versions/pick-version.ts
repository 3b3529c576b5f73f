/**
 * Chooses one version among those that exist, and says why each of the others was dropped (registry.md 7.1, 3).
 * Pure: candidates are all versions of one (type, namespace, name), in any order.
 */
import type { ComponentStatus, Lifecycle } from '../../contracts/component-values.ts';
import type { Issue } from '../../contracts/error.ts';
import { resolvableLifecycles } from '../lifecycle/views.ts';
import { whySatisfied } from './interval.ts';
import { isPrerelease } from './version.ts';
import { versionKey } from './version-key.ts';
import type { VersionSpec } from './version-spec.ts';

/** What the choice looks at; any record that has these will do. */
export interface VersionCandidate {
  readonly uuid: string;
  readonly version: string;
  readonly lifecycle: Lifecycle;
  readonly status: ComponentStatus;
  readonly quarantined: boolean;
  readonly wip: boolean;
  readonly deprecated_by?: string;
  readonly end_of_life_date?: string;
}

/** `trust` and `constraint` are set by callers that drop candidates themselves. */
type DropReason = 'range' | 'prerelease' | 'lifecycle' | 'status' | 'wip' | 'quarantine' | 'trust' | 'constraint';

export interface DroppedCandidate<Candidate> {
  readonly candidate: Candidate;
  readonly reason: DropReason;
  /** One clause for people, e.g. `lifecycle is draft`. */
  readonly detail: string;
}

export interface PickOptions {
  /** `lookup` answers metadata and may name an archived record exactly; `resolve` chooses what will run. */
  readonly purpose?: 'lookup' | 'resolve';
  /** Lifecycles a range may choose; default canary, active, deprecated. */
  readonly lifecycles?: readonly Lifecycle[];
  /** Ranges and `latest` may choose archived records; lookup only. */
  readonly includeArchived?: boolean;
  /** `latest` may choose a prerelease. Ranges carry this in their intervals. */
  readonly includePrerelease?: boolean;
  /** No work in progress, not even by exact version. */
  readonly locked?: boolean;
  /** No experimental component, not even by exact version. */
  readonly ci?: boolean;
}

export interface PickResult<Candidate> {
  /** The highest version that fits, null when none does. */
  readonly chosen: Candidate | null;
  /** Every candidate that does not fit, highest version first. */
  readonly dropped: readonly DroppedCandidate<Candidate>[];
  /** What to tell about the chosen one: LC007 deprecated or archived, RG010 work in progress. */
  readonly warnings: readonly Issue[];
}

/** The highest eligible version that `spec` accepts. Throws a RangeError if a candidate's version is no version. */
export function pickVersion<Candidate extends VersionCandidate>(
  candidates: readonly Candidate[],
  spec: VersionSpec,
  options: PickOptions = {},
): PickResult<Candidate> {
  let chosen: Candidate | null = null;
  const dropped: DroppedCandidate<Candidate>[] = [];
  for (const candidate of highestFirst(candidates)) {
    const drop = whyDropped(candidate, spec, options);
    if (drop !== null) dropped.push({ candidate, ...drop });
    else chosen ??= candidate;
  }
  return { chosen, dropped, warnings: chosen === null ? [] : warningsAbout(chosen) };
}

type Drop = { readonly reason: DropReason; readonly detail: string };

/** The first rule that drops a candidate, null when it is eligible. */
function whyDropped(candidate: VersionCandidate, spec: VersionSpec, options: PickOptions = {}): Drop | null {
  return (
    versionDrop(candidate, spec, options) ??
    lifecycleDrop(candidate, spec.kind === 'exact', options) ??
    conditionDrop(candidate, spec.kind === 'exact', options)
  );
}

function versionDrop({ version }: VersionCandidate, spec: VersionSpec, options: PickOptions): Drop | null {
  if (spec.kind === 'latest') {
    const unwanted = isPrerelease(version) && options.includePrerelease !== true;
    return unwanted ? { reason: 'prerelease', detail: 'latest chooses no prerelease' } : null;
  }
  switch (whySatisfied(version, spec.intervals)) {
    case 'inside':
      return null;
    case 'prerelease':
      return { reason: 'prerelease', detail: `a prerelease, and ${spec.source} names none of ${coreText(version)}` };
    case 'outside':
      return { reason: 'range', detail: `outside ${spec.source}` };
  }
}

function coreText(version: string): string {
  return version.replace(/[-+].*$/s, '');
}

function lifecycleDrop({ lifecycle }: VersionCandidate, exact: boolean, options: PickOptions): Drop | null {
  const drop: Drop = { reason: 'lifecycle', detail: `lifecycle is ${lifecycle}` };
  if (lifecycle === 'experimental' && options.ci === true)
    return { ...drop, detail: 'experimental is not allowed in CI' };
  if (lifecycle === 'archived')
    return options.purpose === 'lookup' && (exact || options.includeArchived === true) ? null : drop;
  const eligible = options.lifecycles ?? resolvableLifecycles;
  return eligible.includes(lifecycle) || exact ? null : drop;
}

function conditionDrop(candidate: VersionCandidate, exact: boolean, options: PickOptions): Drop | null {
  if (candidate.status !== 'active') return { reason: 'status', detail: `status is ${candidate.status}` };
  if (candidate.quarantined) return { reason: 'quarantine', detail: 'it is quarantined' };
  if (candidate.wip && options.locked === true) return { reason: 'wip', detail: 'work in progress is never locked' };
  if (candidate.wip && !exact) return { reason: 'wip', detail: 'work in progress comes only by exact version' };
  return null;
}

/** At equal precedence (build metadata only) the lower uuid comes first, so that the choice never varies. */
function highestFirst<Candidate extends VersionCandidate>(candidates: readonly Candidate[]): Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, key: versionKey(candidate.version) }))
    .sort((a, b) => order(b.key, a.key) || order(a.candidate.uuid, b.candidate.uuid))
    .map(({ candidate }) => candidate);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function warningsAbout(chosen: VersionCandidate): Issue[] {
  const warnings: Issue[] = [];
  if (chosen.lifecycle === 'deprecated') {
    const replacement = chosen.deprecated_by === undefined ? '' : `, replaced by ${chosen.deprecated_by}`;
    const end = chosen.end_of_life_date === undefined ? '' : `, end of life ${chosen.end_of_life_date}`;
    warnings.push(warning('LC007', 'lifecycle', `version ${chosen.version} is deprecated${replacement}${end}`));
  }
  if (chosen.lifecycle === 'archived') {
    warnings.push(warning('LC007', 'lifecycle', `version ${chosen.version} is archived: metadata only, it never runs`));
  }
  if (chosen.wip) warnings.push(warning('RG010', '', `version ${chosen.version} is work in progress`));
  return warnings;
}

function warning(code: 'LC007' | 'RG010', path: string, message: string): Issue {
  return { code, severity: 'warning', path, message };
}
