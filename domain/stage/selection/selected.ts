/** What selection hands to planning (stages.md 3). */
import type { ComponentRecord } from '../../../contracts/component.ts';
import type {
  ComponentSettings,
  Enforcement,
  ResolvedComponent,
  RunMessage,
  SkippedComponent,
} from '../../../contracts/stage.ts';

export interface SelectedComponent {
  readonly record: ComponentRecord;
  readonly selected_by: ResolvedComponent['selected_by'];
  /** Version spec that chose the version: of the reference or of the configuration; null without. */
  readonly spec: string | null;
  readonly enforcement: Enforcement;
  readonly settings: ComponentSettings;
  /** Uuids of selected components it needs. */
  readonly depends_on: readonly string[];
  /** Uuids of selected components that only run before it. */
  readonly after: readonly string[];
}

export interface Selection {
  /** The preset in words: `pre-commit`, `pre-commit without tags`, `pre-commit with tags a, b`. */
  readonly preset: string;
  readonly tags: readonly string[];
  /** The profile in effect, null for no narrowing. */
  readonly profile: 'fast' | 'ci' | 'full' | null;
  /** References that the configuration requires. */
  readonly required: readonly string[];
  readonly selected: readonly SelectedComponent[];
  readonly skipped: readonly SkippedComponent[];
  readonly messages: readonly RunMessage[];
}

/** How people and reports name one component: `namespace.name@version`. */
export function nameOf({ metadata }: ComponentRecord): string {
  return `${metadata.namespace}.${metadata.name}@${metadata.version}`;
}
