/** Finds what the configuration says about one component (stages.md 3, `components.<ref>`). */
import type { ComponentSettings, StageSettings } from '../../../contracts/stage.ts';
import { matchesReading, parseReference } from '../../versions/reference.ts';
import { type Candidate, fitsSpec } from './candidates.ts';

/** More specific references win field by field. */
const specificity = { name: 0, 'namespace.name': 1, uuid: 2 } as const;

/**
 * The settings of every reference that names the component, the more specific winning. Those of required components
 * come from the policy side alone, so that a change cannot weaken the gate it has to pass.
 *
 * @throws QY002, QY003 for a key that is no reference
 */
export function settingsOf(
  candidate: Candidate,
  settings: Pick<StageSettings, 'components' | 'policy_components'>,
  required: boolean,
): ComponentSettings {
  const components = required ? (settings.policy_components ?? settings.components) : settings.components;
  const found = Object.entries(components)
    .map(([ref, own]) => ({ ref, own, kind: specificityOf(ref, candidate) }))
    .filter(({ kind }) => kind !== null)
    .sort((a, b) => rankOf(a.kind) - rankOf(b.kind) || (a.ref < b.ref ? -1 : 1));
  return Object.assign({}, ...found.map(({ own }) => own));
}

function specificityOf(ref: string, candidate: Candidate): keyof typeof specificity | null {
  const reference = parseReference(ref);
  if (reference.spec !== undefined && !fitsSpec(candidate, reference.spec)) return null;
  if (reference.kind === 'uuid') return reference.uuid === candidate.uuid ? 'uuid' : null;
  if (reference.type !== undefined && reference.type !== candidate.type) return null;
  if (matchesReading(reference.path, 'namespace.name', candidate)) return 'namespace.name';
  return matchesReading(reference.path, 'name', candidate) ? 'name' : null;
}

function rankOf(kind: keyof typeof specificity | null): number {
  return kind === null ? -1 : specificity[kind];
}
