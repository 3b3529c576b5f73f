/** Views and eligibility: which lifecycles a list shows and a range may choose (registry.md 3). */
import type { Lifecycle } from '../../contracts/component-values.ts';
import type { View } from '../../contracts/registry.ts';

const views = {
  production: ['canary', 'active', 'deprecated'],
  development: ['draft', 'experimental', 'canary', 'active', 'deprecated'],
  all: ['draft', 'experimental', 'canary', 'active', 'deprecated', 'archived'],
} as const satisfies Record<View, readonly Lifecycle[]>;

/** The lifecycles of a view, in order of maturity. */
export function viewLifecycles(view: View): readonly Lifecycle[] {
  return views[view];
}

/** What ranges and `latest` may choose unless `registry.resolve.lifecycles` says otherwise. */
export const resolvableLifecycles = views.production satisfies readonly Lifecycle[];
