/** All relations a component states, as edges from it to others (registry.md 2.6). */
import type { ComponentMetadata, Edge } from '../../contracts/component.ts';

/**
 * Edges in the order in which they are numbered within their kind: depends_on from `dependencies`, inherits_from from
 * `parent_id`, generated_by from `produced_by`. `child_ids` state edges of the children, which only lineage reads.
 */
export function edgesOf(metadata: ComponentMetadata): Edge[] {
  return [
    ...metadata.dependencies,
    ...relation('inherits_from', metadata.parent_id),
    ...relation('generated_by', metadata.produced_by),
  ];
}

function relation(kind: Edge['kind'], uuid: string | undefined): Edge[] {
  return uuid === undefined ? [] : [{ kind, target: { uuid }, version_spec: '*', required: false }];
}
