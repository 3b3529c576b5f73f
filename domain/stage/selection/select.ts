/**
 * Selection (stages.md 3): from everything the registry knows to the components of one run. Order: type, lifecycle and
 * status; preset tags; --tags, --any-tag, --profile; --only; required components join; one version per name; skips;
 * dependencies join. Whoever is dropped is recorded with reason and cause.
 */
import type { ComponentRecord } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { Enforcement, RunMessage, Stage, StageOptions, StageSettings } from '../../../contracts/stage.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import { executionSettings, planEntrypoint } from '../entrypoints.ts';
import { runLimits } from '../limits.ts';
import { presetOf } from '../presets.ts';
import { parseReference } from '../../versions/reference.ts';
import { chooseByPreset } from './by-preset.ts';
import { type Candidate, candidatesOf, findMatches } from './candidates.ts';
import { type Choice, type Dropped, skippedOf } from './choice.ts';
import { closeOverDependencies, orderingEdges, targetsOf } from './dependencies.ts';
import { chooseNamed } from './named.ts';
import { type Choices, choicesOf } from './rules.ts';
import { nameOf, type SelectedComponent, type Selection } from './selected.ts';
import { settingsOf } from './settings.ts';
import { readSkips, type Skips } from './skips.ts';

export interface SelectionInput {
  readonly stage: Stage;
  /** Every validator, test and tool of the registry, in any order, whatever its lifecycle and status. */
  readonly candidates: readonly ComponentRecord[];
  readonly options: StageOptions;
  readonly settings: StageSettings;
}

/**
 * Selects the components of a run.
 *
 * @throws OR001 for a stage or lifecycle that cannot be selected; OR002 when a stage that needs components has none;
 * OR003 when --skip names a required component; OR004 above 200 components; OR005 for a component that is named and
 * cannot run; RG001, RG008, RG013 for references; RG007 for a missing dependency; QY002, QY003 for malformed text
 */
export function selectComponents({ stage, candidates, options, settings }: SelectionInput): Selection {
  const choices = choicesOf(stage, presetOf(stage), options, settings);
  const pool = candidatesOf(candidates);
  const named = chooseNamed({ only: options.only, required: settings.required }, pool, choices, settings);
  const decided = new Set([...named.choices, ...named.dropped].map(({ candidate }) => candidate.line));
  const byPreset = chooseByPreset(pool, decided, choices, settings, options.only.length > 0);
  const roots = [...named.choices, ...byPreset.choices];
  const required = roots.filter(({ selected_by }) => selected_by === 'required').map(({ candidate }) => candidate);
  const skips = readSkips(options, pool, required);
  const closure = closeOverDependencies(roots.filter(notSkippedBy(skips)), pool, choices);
  const chosen = closure.filter(notSkippedBy(skips)).sort((a, b) => compareUtf8(a.candidate.line, b.candidate.line));
  const selected = chosen.map((choice) => complete(choice, chosen, settings));
  const dropped = [...named.dropped, ...byPreset.dropped, ...droppedBySkips(skips, [...roots, ...closure])];
  const messages = [...named.messages, ...skips.messages, ...selected.flatMap(({ record }) => notesOn(record))];
  checkCount(selected.length, choices, options);
  return {
    preset: presetText(options, settings, stage),
    tags: choices.tags,
    profile: choices.profile,
    required: settings.required,
    selected,
    skipped: dropped.map(skippedOf).sort((a, b) => compareUtf8(a.ref, b.ref)),
    messages: selected.length === 0 ? [...messages, emptyMessage(choices)] : messages,
  };
}

function notSkippedBy({ dropOf }: Skips): (choice: Choice) => boolean {
  return (choice) => dropOf(choice) === null;
}

function droppedBySkips({ dropOf }: Skips, choices: readonly Choice[]): readonly Dropped[] {
  return [...new Map(choices.flatMap((choice) => dropOf(choice) ?? []).map((drop) => [drop.candidate, drop])).values()];
}

/** Adds what the run makes of the component: enforcement, settings, order. */
function complete(choice: Choice, chosen: readonly Choice[], settings: StageSettings): SelectedComponent {
  const { record } = choice.candidate;
  const others = chosen.map(({ candidate }) => candidate).filter((candidate) => candidate !== choice.candidate);
  const edges = orderingEdges(record.metadata);
  const uuidsOf = (targets: readonly Candidate[]) => targets.map(({ uuid }) => uuid);
  const needed = edges.filter(({ required }) => required).flatMap((edge) => uuidsOf(targetsOf(edge, others)));
  const optional = edges.filter(({ required }) => !required).flatMap((edge) => uuidsOf(targetsOf(edge, others)));
  const asked = executionSettings(record.metadata).after.flatMap((ref) =>
    uuidsOf(findMatches(parseReference(ref), others)),
  );
  return {
    record,
    selected_by: choice.selected_by,
    spec: choice.spec,
    enforcement: enforcementOf(record, choice),
    settings: settingsOf(choice.candidate, settings, choice.selected_by === 'required'),
    depends_on: [...new Set(needed)],
    after: [...new Set([...optional, ...asked])].filter((uuid) => !needed.includes(uuid)),
  };
}

/** Only the configuration makes a component required; its author can make it informational. */
function enforcementOf({ metadata }: ComponentRecord, { selected_by }: Choice): Enforcement {
  if (selected_by === 'required') return 'required';
  const lowered = metadata.severity !== undefined && metadata.severity !== 'error';
  return lowered || metadata.enforcement === 'informational' ? 'informational' : 'standard';
}

function checkCount(count: number, { stage, preset }: Choices, options: StageOptions): void {
  if (count > runLimits.maxComponents) throw new OmniBaseError('OR004', { details: { count } });
  if (count === 0 && preset.empty === 'error' && !options.allow_empty) {
    throw new OmniBaseError('OR002', { details: { stage } });
  }
}

function presetText({ no_preset }: StageOptions, { tags }: StageSettings, stage: Stage): string {
  if (no_preset) return `${stage} without tags`;
  return tags === undefined ? stage : `${stage} with tags ${tags.join(', ')}`;
}

function emptyMessage({ stage, presetTags }: Choices): RunMessage {
  const parts = [...presetTags].map(([type, tags]) =>
    tags.length > 0 ? `${type}s tagged ${tags.join(' or ')}` : `${type}s`,
  );
  const text = `no registered component matches the preset ${stage} (${parts.join(', ')}) and the given options`;
  return { level: 'info', text, code: 'OR002' };
}

function notesOn(record: ComponentRecord): readonly RunMessage[] {
  const { metadata } = record;
  const plan = planEntrypoint(metadata);
  const notes: RunMessage[] = [];
  if (metadata.lifecycle === 'deprecated') {
    const replacement = metadata.deprecated_by === undefined ? '' : `; use ${metadata.deprecated_by} instead`;
    const end = metadata.end_of_life_date === undefined ? '' : `; it ends on ${metadata.end_of_life_date}`;
    notes.push({ level: 'warning', text: `${nameOf(record)} is deprecated${replacement}${end}`, code: 'LC007' });
  }
  if (plan.supported && plan.note !== null) notes.push({ level: 'warning', text: `${nameOf(record)}: ${plan.note}` });
  return notes;
}
