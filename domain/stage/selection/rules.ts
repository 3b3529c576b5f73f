/** Why a component is not part of a stage: the rules in the order of stages.md 3, each with the words for the report. */
import type { Lifecycle } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { Stage, StageOptions, StageSettings } from '../../../contracts/stage.ts';
import { planEntrypoint } from '../entrypoints.ts';
import { resolvableLifecycles } from '../../lifecycle/views.ts';
import type { StagePreset } from '../presets.ts';
import type { Candidate } from './candidates.ts';

/** Why a candidate is out: a word for machines, and what caused it. */
export interface Drop {
  readonly reason:
    | 'type'
    | 'lifecycle'
    | 'status'
    | 'quarantine'
    | 'wip'
    | 'entrypoint'
    | 'preset-tag'
    | 'tags'
    | 'any-tag'
    | 'profile'
    | 'only'
    | 'prerelease'
    | 'other-version'
    | 'skip';
  readonly by: string;
}

/** Who asked for a candidate: the preset, a reference, or a reference to exactly this version. */
export type Asked = 'by-preset' | 'by-name' | 'by-version';

/** The choices of one run, as the rules need them. */
export interface Choices {
  readonly stage: Stage;
  readonly preset: StagePreset;
  /** Tags of which a component needs one, by type; no entry for types that never run here. */
  readonly presetTags: ReadonlyMap<string, readonly string[]>;
  readonly tags: readonly string[];
  readonly anyTag: readonly string[];
  readonly profile: 'fast' | 'ci' | 'full' | null;
  /** Lifecycles that come without being named. */
  readonly lifecycles: ReadonlySet<Lifecycle>;
}

/**
 * Flags over configuration over preset.
 *
 * @throws OR001 for a lifecycle that this stage never selects by itself
 */
export function choicesOf(stage: Stage, preset: StagePreset, options: StageOptions, settings: StageSettings): Choices {
  const tagsOf = (own: readonly string[]) => (options.no_preset ? [] : (settings.tags ?? own));
  return {
    stage,
    preset,
    presetTags: new Map(Object.entries(preset.types).map(([type, own]) => [type, tagsOf(own)])),
    tags: options.tags,
    anyTag: options.any_tag,
    profile: options.profile ?? settings.profile ?? null,
    lifecycles: lifecyclesOf(stage, preset, options, settings),
  };
}

/** The configuration replaces what the preset has, --lifecycle widens it. */
function lifecyclesOf(
  stage: Stage,
  preset: StagePreset,
  options: StageOptions,
  settings: StageSettings,
): ReadonlySet<Lifecycle> {
  const own: readonly Lifecycle[] = [
    'canary',
    'active',
    ...(preset.deprecated === 'included' ? ['deprecated' as const] : []),
  ];
  const allowed: readonly Lifecycle[] = [...own, ...(preset.experimental ? ['experimental' as const] : [])];
  const read = (values: readonly string[], option: string) =>
    values.map((value) => {
      const lifecycle = allowed.find((known) => known === value);
      if (lifecycle !== undefined) return lifecycle;
      throw new OmniBaseError('OR001', {
        message: `stage ${stage} cannot select the lifecycle ${value}`,
        details: { value, option, allowed: allowed.join(', '), stage },
      });
    });
  const configured = settings.lifecycle === undefined ? own : read(settings.lifecycle, `stages.${stage}.lifecycle`);
  return new Set([...configured, ...read(options.lifecycle, '--lifecycle')]);
}

/** The type has no place in this stage. */
export function whyWrongType(candidate: Candidate, choices: Choices): Drop | null {
  return !choices.presetTags.has(candidate.type) ? { reason: 'type', by: `stage ${choices.stage}` } : null;
}

/** Rules nobody can switch off: lifecycle, status, and whether a runner can start it. */
export function whyUnfit({ record }: Candidate, choices: Choices, asked: Asked): Drop | null {
  const { metadata, registry } = record;
  if (!mayRun(metadata.lifecycle, choices, asked))
    return { reason: 'lifecycle', by: `lifecycle ${metadata.lifecycle}` };
  if (metadata.status !== 'active') return { reason: 'status', by: `status ${metadata.status}` };
  if (registry.quarantined) return { reason: 'quarantine', by: 'it is quarantined' };
  if (registry.wip && asked !== 'by-version') return { reason: 'wip', by: 'it is work in progress' };
  const plan = planEntrypoint(metadata);
  return plan.supported ? null : { reason: 'entrypoint', by: plan.reason };
}

/** What preset and flags narrow; required components are exempt. */
export function whyNarrowed(candidate: Candidate, choices: Choices): Drop | null {
  const { tags, profiles } = candidate.record.metadata;
  const wanted = choices.presetTags.get(candidate.type) ?? [];
  if (wanted.length > 0 && !wanted.some((tag) => tags.includes(tag))) {
    return { reason: 'preset-tag', by: `preset ${choices.stage}: no tag ${wanted.join(' or ')}` };
  }
  if (!choices.tags.every((tag) => tags.includes(tag))) return { reason: 'tags', by: `tags ${choices.tags.join(',')}` };
  if (choices.anyTag.length > 0 && !choices.anyTag.some((tag) => tags.includes(tag))) {
    return { reason: 'any-tag', by: `any tag of ${choices.anyTag.join(',')}` };
  }
  const inside = choices.profile === null || inProfile(profiles ?? [], choices.profile);
  return inside ? null : { reason: 'profile', by: `profile ${choices.profile}` };
}

const byName: ReadonlySet<Lifecycle> = new Set(resolvableLifecycles);

/** By name come canary, active and deprecated ones; experimental ones only where they may come anyway. */
function mayRun(lifecycle: Lifecycle, { lifecycles }: Choices, asked: Asked): boolean {
  return lifecycles.has(lifecycle) || (asked !== 'by-preset' && byName.has(lifecycle));
}

/** `full` takes everything; a component that names no profile is in ci and full. */
function inProfile(declared: readonly string[], wanted: 'fast' | 'ci' | 'full'): boolean {
  if (wanted === 'full' || declared.includes('fast')) return true;
  return wanted === 'ci' && (declared.length === 0 || declared.includes('ci'));
}
