/** Why a component is not part of a stage: the rules in the order of stages.md 3, each with the words for the report. */
import type { Lifecycle } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { Stage, StageOptions, StageSettings } from '../../../contracts/stage.ts';
import { planEntrypoint } from '../entrypoints.ts';
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
  readonly usesPresetTags: boolean;
  readonly tags: readonly string[];
  readonly anyTag: readonly string[];
  readonly profile: 'fast' | 'ci' | 'full' | null;
  readonly experimental: boolean;
}

/**
 * Flags over configuration over preset.
 *
 * @throws OR001 for a lifecycle that cannot widen this stage
 */
export function choicesOf(stage: Stage, preset: StagePreset, options: StageOptions, settings: StageSettings): Choices {
  const lifecycles = options.lifecycle.length > 0 ? options.lifecycle : (settings.lifecycle ?? []);
  const allowed = ['canary', 'active', ...(preset.experimental ? ['experimental'] : [])];
  const refused = lifecycles.find((lifecycle) => !allowed.includes(lifecycle));
  if (refused !== undefined) {
    throw new OmniBaseError('OR001', {
      message: `stage ${stage} cannot select the lifecycle ${refused}`,
      details: { value: refused, option: '--lifecycle', allowed: allowed.join(', '), stage },
    });
  }
  return {
    stage,
    preset,
    usesPresetTags: !options.no_preset,
    tags: options.tags.length > 0 ? options.tags : (settings.tags ?? []),
    anyTag: options.any_tag,
    profile: options.profile ?? settings.profile ?? null,
    experimental: lifecycles.includes('experimental'),
  };
}

/** The type has no place in this stage. */
export function whyWrongType(candidate: Candidate, choices: Choices): Drop | null {
  return presetTags(candidate, choices) === null ? { reason: 'type', by: `stage ${choices.stage}` } : null;
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
  const wanted = choices.usesPresetTags ? (presetTags(candidate, choices) ?? []) : [];
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

/** Tags of which the type needs one in this stage, empty when it needs none; null when the type never runs here. */
function presetTags({ type }: Candidate, { preset }: Choices): readonly string[] | null {
  const types: Readonly<Partial<Record<string, readonly string[]>>> = preset.types;
  return (Object.hasOwn(types, type) ? types[type] : undefined) ?? null;
}

function mayRun(lifecycle: Lifecycle, { preset, experimental }: Choices, asked: Asked): boolean {
  switch (lifecycle) {
    case 'canary':
    case 'active':
      return true;
    case 'deprecated':
      return asked !== 'by-preset' || preset.deprecated === 'included';
    case 'experimental':
      return experimental;
    default:
      return false;
  }
}

/** `full` takes everything; a component that names no profile is in ci and full. */
function inProfile(declared: readonly string[], wanted: 'fast' | 'ci' | 'full'): boolean {
  if (wanted === 'full' || declared.includes('fast')) return true;
  return wanted === 'ci' && (declared.length === 0 || declared.includes('ci'));
}
