/**
 * The stage presets: which components a stage runs when the caller names none (stages.md 3). `exec` has no preset; it
 * runs an explicit plan.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { Stage } from '../../contracts/stage.ts';

/** Stages whose components are selected. */
export type PresetStage = Exclude<Stage, 'exec'>;
/** Component types that can run in a stage. */
export type RunnableType = 'validator' | 'test' | 'tool';

export interface StagePreset {
  /** Type → tags of which the component needs one; empty = no tag needed. A type that is missing never runs. */
  readonly types: Readonly<Partial<Record<RunnableType, readonly string[]>>>;
  /** Deprecated components: part of the preset, or only by name. */
  readonly deprecated: 'included' | 'by-name';
  /** Whether `--lifecycle experimental` may widen the selection. */
  readonly experimental: boolean;
  /** What an empty selection means: verdict skip, or an error unless --allow-empty. */
  readonly empty: 'skip' | 'error';
}

export const stagePresets = {
  'pre-commit': {
    types: { validator: ['pre-commit'] },
    deprecated: 'by-name',
    experimental: true,
    empty: 'skip',
  },
  ci: {
    types: { validator: ['ci', 'pre-commit'], test: ['ci'] },
    deprecated: 'included',
    experimental: false,
    empty: 'error',
  },
  test: { types: { test: [] }, deprecated: 'by-name', experimental: true, empty: 'error' },
} as const satisfies Readonly<Record<PresetStage, StagePreset>>;

/**
 * The preset of a stage.
 *
 * @throws OR001 for `exec`, which runs an explicit plan instead
 */
export function presetOf(stage: Stage): StagePreset {
  if (stage === 'exec') {
    throw new OmniBaseError('OR001', {
      details: { value: stage, option: '--stage', allowed: Object.keys(stagePresets).join(', ') },
    });
  }
  return stagePresets[stage];
}

/**
 * Reads the value of `--stage`: any case, any Unicode hyphen (`Pre‑Commit`).
 *
 * @throws OR001 naming the stages there are
 */
export function parseStage(text: string): PresetStage {
  // U+2010 to U+2015 hyphens and dashes, U+2212 minus, U+FE58, U+FE63 and U+FF0D small and full-width forms.
  const plain = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]/g, '-');
  const found = (Object.keys(stagePresets) as PresetStage[]).find((stage) => stage === plain);
  if (found === undefined) {
    throw new OmniBaseError('OR001', {
      details: { value: text, option: '--stage', allowed: Object.keys(stagePresets).join(', ') },
    });
  }
  return found;
}
