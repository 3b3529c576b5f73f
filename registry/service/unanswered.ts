/** Required dependencies that nothing registered answers (registry.md 2.6): a warning, because order must not matter. */
import type { ComponentMetadata } from '../../contracts/component.ts';
import type { Issue } from '../../contracts/error.ts';
import { edgesOf } from '../../domain/component/edges.ts';
import { validationError } from '../../domain/component/validation-error.ts';

/**
 * @param positions in the list of all edges of the component
 * @throws SC003 in strict mode, listing all of them as RG007
 */
export function unansweredDependencies(
  metadata: ComponentMetadata,
  positions: readonly number[],
  strict: boolean,
): Issue[] {
  const edges = edgesOf(metadata);
  const issues = positions.map((position): Issue => {
    const { target, version_spec } = edges[position] ?? { target: {}, version_spec: '*' };
    const path = [target.namespace, target.name].filter((part) => part !== undefined).join('.');
    const name = target.uuid ?? `${target.type === undefined ? '' : `${target.type}:`}${path}@${version_spec}`;
    return {
      code: 'RG007',
      severity: strict ? 'error' : 'warning',
      path: `dependencies.${position}`,
      message: `nothing registered answers ${name}`,
      hint: 'register it, or mark the dependency `required: false`',
    };
  });
  if (strict && issues.length > 0) throw validationError(issues);
  return issues;
}
