/** What a lifecycle demands of the document, and what leaving one takes away (registry.md 3). */
import type { Lifecycle } from '../../contracts/component-values.ts';

/** Fields that only mean something while a component is deprecated. */
const deprecationFields = ['deprecated_by', 'deprecation_date', 'end_of_life_date'] as const;

export interface LifecycleFields {
  readonly uuid?: string;
  readonly lifecycle: Lifecycle;
  readonly deprecated_by?: string;
  readonly archived_reason?: string;
}

export interface LifecycleDemand {
  readonly code: 'LC005' | 'LC006';
  readonly path: 'deprecated_by' | 'archived_reason';
  readonly message: string;
}

/**
 * What the document itself lacks for its lifecycle. That the replacement exists and is not archived is for the
 * registry to find out.
 */
export function missingForLifecycle(fields: LifecycleFields): LifecycleDemand[] {
  const demands: LifecycleDemand[] = [];
  if (fields.lifecycle === 'deprecated' && fields.deprecated_by === undefined) {
    demands.push({ code: 'LC005', path: 'deprecated_by', message: 'a deprecated component names its replacement' });
  }
  if (fields.deprecated_by !== undefined && fields.deprecated_by === fields.uuid) {
    demands.push({ code: 'LC005', path: 'deprecated_by', message: 'a component cannot replace itself' });
  }
  if (fields.lifecycle === 'archived' && fields.archived_reason === undefined) {
    demands.push({ code: 'LC006', path: 'archived_reason', message: 'an archived component says why' });
  }
  return demands;
}

/** Fields to drop when a component leaves a lifecycle. Those that the same change sets anew are kept by the caller. */
export function fieldsLostOnLeaving(lifecycle: Lifecycle): readonly string[] {
  return lifecycle === 'deprecated' ? deprecationFields : [];
}
