/** Components that the preset and the flags bring in without naming them (stages.md 3): one version per name. */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { StageSettings } from '../../../contracts/stage.ts';
import { parseVersionSpec } from '../../versions/version-spec.ts';
import { type Candidate, fitsSpec, latest } from './candidates.ts';
import type { Choice, Dropped } from './choice.ts';
import { type Choices, whyNarrowed, whyUnfit, whyWrongType } from './rules.ts';
import { nameOf } from './selected.ts';
import { settingsOf } from './settings.ts';

export interface PresetChoices {
  readonly choices: readonly Choice[];
  readonly dropped: readonly Dropped[];
}

/**
 * @param taken names that were decided by reference already
 * @param onlyNamed --only was given: whatever would have come by the preset stays out
 * @throws RG008 when no version that may run fits the configuration's pin
 */
export function chooseByPreset(
  pool: readonly Candidate[],
  taken: ReadonlySet<string>,
  choices: Choices,
  settings: StageSettings,
  onlyNamed: boolean,
): PresetChoices {
  const open = pool.filter((candidate) => !taken.has(candidate.line) && whyWrongType(candidate, choices) === null);
  const judged = open.map((candidate) => ({
    candidate,
    drop:
      whyUnfit(candidate, choices, 'by-preset') ??
      whyNarrowed(candidate, choices) ??
      (onlyNamed ? ({ reason: 'only', by: '--only' } as const) : null),
  }));
  const dropped = judged.flatMap(({ candidate, drop }) => (drop === null ? [] : [{ candidate, ...drop }]));
  const left = judged.filter(({ drop }) => drop === null).map(({ candidate }) => candidate);
  const lines = [...Map.groupBy(left, ({ line }) => line).values()].map((versions) =>
    chooseVersion(versions, settings),
  );
  return {
    choices: lines.flatMap((line) => line.choices),
    dropped: [...dropped, ...lines.flatMap((line) => line.dropped)],
  };
}

/** @param versions of one name, highest first */
function chooseVersion(versions: readonly Candidate[], settings: StageSettings): PresetChoices {
  const [pin] = versions.flatMap((candidate) => settingsOf(candidate, settings, false).version ?? []);
  const spec = pin === undefined ? latest : parseVersionSpec(pin);
  const chosen = versions.find((candidate) => fitsSpec(candidate, spec));
  if (chosen !== undefined) {
    const others = versions.filter((candidate) => candidate !== chosen);
    return {
      choices: [{ candidate: chosen, selected_by: 'preset', spec: pin ?? null }],
      dropped: others.map((candidate) => ({ candidate, reason: 'other-version', by: nameOf(chosen.record) })),
    };
  }
  if (pin === undefined) {
    return {
      choices: [],
      dropped: versions.map((candidate) => ({
        candidate,
        reason: 'prerelease',
        by: 'only a spec selects a prerelease',
      })),
    };
  }
  const existing = versions.map(({ record }) => record.metadata.version);
  throw new OmniBaseError('RG008', {
    message: `no version fits ${pin} of the configuration; ${versions.map(({ record }) => nameOf(record)).join(', ')} could run`,
    details: {
      ref: versions
        .map(({ line }) => line)
        .slice(0, 1)
        .join(''),
      spec: pin,
      versions: existing,
    },
  });
}
