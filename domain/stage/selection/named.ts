/**
 * Components asked for by name: `--only` and the required ones of the configuration (stages.md 3). Whoever is named
 * and cannot run is an error, never a silent gap; only the caller's own --tags and --profile may leave one out again.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { RunMessage, StageSettings } from '../../../contracts/stage.ts';
import { parseVersionSpec, type VersionSpec } from '../../versions/version-spec.ts';
import { type Candidate, findNamed, fitsSpec, latest, type Named } from './candidates.ts';
import type { Choice, Dropped } from './choice.ts';
import { type Asked, type Choices, type Drop, whyNarrowed, whyUnfit, whyWrongType } from './rules.ts';
import { nameOf } from './selected.ts';
import { settingsOf } from './settings.ts';

/** One reference with what it names. */
interface Request extends Named {
  readonly ref: string;
  readonly origin: 'only' | 'required';
}

export interface NamedChoices {
  readonly choices: readonly Choice[];
  readonly dropped: readonly Dropped[];
  readonly messages: readonly RunMessage[];
}

/**
 * One version for every component that is named.
 *
 * @throws OR001 for experimental components in ci; OR005 for what cannot run; RG001, RG008, RG013, QY002, QY003 for
 * references that name nothing, no common version, several components, or are malformed
 */
export function chooseNamed(
  refs: { readonly only: readonly string[]; readonly required: readonly string[] },
  pool: readonly Candidate[],
  choices: Choices,
  settings: StageSettings,
): NamedChoices {
  const requests = [
    ...refs.required.map((ref) => readRequest(ref, 'required', pool)),
    ...refs.only.map((ref) => readRequest(ref, 'only', pool)),
  ];
  const results = [...Map.groupBy(requests, ({ line }) => line).values()].flatMap((line) =>
    chooseLine(line, pool, choices, settings),
  );
  return {
    choices: results.flatMap((result) => result.choices),
    dropped: results.flatMap((result) => result.dropped),
    messages: results.flatMap((result) => result.messages),
  };
}

function readRequest(ref: string, origin: Request['origin'], pool: readonly Candidate[]): Request {
  const where = origin === 'only' ? '--only' : 'the required components of the configuration';
  return { ref, origin, ...findNamed(ref, where, pool) };
}

/** All references to one name have to agree on one version. */
function chooseLine(
  line: readonly Request[],
  pool: readonly Candidate[],
  choices: Choices,
  settings: StageSettings,
): readonly NamedChoices[] {
  const required = line.some(({ origin }) => origin === 'required');
  const versions = pool.filter((candidate) => line.some(({ matches }) => matches.includes(candidate)));
  const named = versions.filter((candidate) => line.every(({ matches }) => matches.includes(candidate)));
  const specs = specsOf(line, named, settings, required);
  const fitting = named.filter((candidate) => specs.every((spec) => fitsSpec(candidate, spec)));
  if (fitting.length === 0) throw noVersion(line, versions, specs);

  const judged = fitting.map((candidate) => ({ candidate, drop: judgeNamed(candidate, line, choices, required) }));
  const [chosen] = judged.filter(({ drop }) => drop === null).map(({ candidate }) => candidate);
  if (chosen === undefined) {
    // The highest version speaks for all.
    const dropped = judged.flatMap(({ candidate, drop }) => (drop === null ? [] : [{ candidate, ...drop }]));
    return dropped.slice(0, 1).map((highest) => leaveOut(highest, choices));
  }
  const spec = specs.filter(({ kind }) => kind !== 'latest').map(({ source }) => source);
  const choice: Choice = {
    candidate: chosen,
    selected_by: required ? 'required' : 'only',
    spec: spec.length === 0 ? null : spec.join(' '),
  };
  const dropped = versions
    .filter((candidate) => candidate !== chosen)
    .map((candidate): Dropped => ({ candidate, reason: 'other-version', by: nameOf(chosen.record) }));
  return [{ choices: [choice], dropped, messages: [] }];
}

/** Specs of the references; where none names a version, the configuration's pin, else the latest release. */
function specsOf(
  line: readonly Request[],
  named: readonly Candidate[],
  settings: StageSettings,
  required: boolean,
): readonly VersionSpec[] {
  const specs = line.flatMap(({ reference }) => reference.spec ?? []);
  if (specs.length > 0 || line.some(({ reference }) => reference.kind === 'uuid')) return specs;
  const [pin] = named.flatMap((candidate) => settingsOf(candidate, settings, required).version ?? []);
  return [pin === undefined ? latest : parseVersionSpec(pin)];
}

function judgeNamed(candidate: Candidate, line: readonly Request[], choices: Choices, required: boolean): Drop | null {
  const asked: Asked = line.some(namesOneVersion) ? 'by-version' : 'by-name';
  return (
    whyWrongType(candidate, choices) ??
    whyUnfit(candidate, choices, asked) ??
    (required ? null : whyNarrowed(candidate, choices))
  );
}

function namesOneVersion({ reference }: Request): boolean {
  return reference.kind === 'uuid' || reference.spec?.kind === 'exact';
}

/** Nothing named may run: an error that says why, unless the caller's own flags left it out. */
function leaveOut(dropped: Dropped, choices: Choices): NamedChoices {
  const { reason, by, candidate } = dropped;
  if (reason !== 'tags' && reason !== 'any-tag' && reason !== 'profile') throw refusal(dropped, choices);
  const text = `${nameOf(candidate.record)} is named by --only but left out by ${by}`;
  return { choices: [], dropped: [dropped], messages: [{ level: 'warning', text }] };
}

function refusal({ candidate, reason, by }: Dropped, { stage, preset }: Choices): OmniBaseError {
  const { lifecycle, type } = candidate.record.metadata;
  const ref = nameOf(candidate.record);
  const refuse = (why: string, next?: string) =>
    new OmniBaseError('OR005', { details: { ref, stage, reason: why }, ...(next === undefined ? {} : { next }) });
  if (reason === 'type') return refuse(`it is of type ${type}`);
  if (reason === 'preset-tag') return refuse(`left out by ${by}`, 'add --no-preset');
  if (reason !== 'lifecycle') return refuse(by);
  if (lifecycle !== 'experimental') return refuse(`its lifecycle is ${lifecycle}`);
  if (preset.experimental) return refuse('its lifecycle is experimental', 'add --lifecycle experimental');
  return new OmniBaseError('OR001', {
    message: `${ref} is experimental, and stage ${stage} never runs experimental components`,
    details: { value: ref, option: '--only', allowed: 'canary, active and deprecated components', stage },
  });
}

function noVersion(
  line: readonly Request[],
  versions: readonly Candidate[],
  specs: readonly VersionSpec[],
): OmniBaseError {
  const asked = line.map(({ ref, origin }) => `${ref} (${origin})`).join(', ');
  const existing = versions.map(({ record }) => `${record.metadata.version} (${record.metadata.lifecycle})`);
  return new OmniBaseError('RG008', {
    message: `no version fits ${asked}; there are ${existing.join(', ')}`,
    details: { ref: asked, spec: specs.map(({ source }) => source).join(' '), versions: existing },
  });
}
