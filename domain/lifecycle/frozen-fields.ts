/** Fields that never change, and fields that no longer change once a component is used (registry.md 3, 5.3). */
import type { ComponentMetadata, Lifecycle } from '../../contracts/component.ts';
import { jsonEqual } from '../json/values.ts';

/** Fixed from the first revision on: they say which component this is. */
export const immutableFields = ['uuid', 'type', 'namespace', 'name', 'version', 'created_at'] as const;

/** Fixed from canary on: dependents and result caches rely on them. */
export const frozenFields = [
  'entrypoint',
  'dependencies',
  'inputs',
  'outputs',
  'capabilities_required',
  'state_contract',
  'mode',
  'files',
  'exclude',
  'types',
  'types_any',
] as const;

const freezing: readonly Lifecycle[] = ['canary', 'active', 'deprecated', 'archived'];

/** Whether components in this lifecycle keep their `frozenFields`. */
export function isFrozen(lifecycle: Lifecycle): boolean {
  return freezing.includes(lifecycle);
}

/** Immutable fields that `next` would change. */
export function immutableChanges(current: ComponentMetadata, next: ComponentMetadata): string[] {
  return immutableFields.filter((field) => !jsonEqual(current[field], next[field]));
}

/** Frozen fields that `next` would change; none while `current` is not frozen yet. */
export function frozenChanges(current: ComponentMetadata, next: ComponentMetadata): string[] {
  return isFrozen(current.lifecycle) ? frozenFields.filter((field) => !jsonEqual(current[field], next[field])) : [];
}
