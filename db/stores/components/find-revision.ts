/** Reads the document a component had at one revision; history survives removal. */
import type { ComponentMetadata } from '../../../contracts/component.ts';
import type { Row, Statement } from '../../transaction.ts';

export function selectRevision(uuid: string, revision: number): Statement {
  return {
    name: 'component_revision',
    text: 'SELECT document FROM component_revisions WHERE uuid = $1 AND revision = $2',
    values: [uuid, revision],
  };
}

/** Null when there is no such revision. */
export function revisionOf(rows: readonly Row[]): ComponentMetadata | null {
  return (rows[0] as (Row & { readonly document: ComponentMetadata }) | undefined)?.document ?? null;
}
