/** Optimistic concurrency (registry.md 5.3): a caller that names a revision gets to see what happened since. */
import type { ComponentMetadata, ComponentRecord } from '../../contracts/component.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { revisionOf, selectRevision } from '../../db/stores/components/find-revision.ts';
import type { WriteView } from '../../db/stores/components/write-component.ts';
import { applyMergePatch, changedPaths, createMergePatch, overlappingPaths } from '../../domain/json/merge-patch.ts';

/**
 * @param patch what the caller wants to change; null for a removal
 * @throws RG011 with `expected`, `current`, `theirs`, `yours`, `overlapping`
 */
export async function checkRevision(
  view: WriteView,
  { metadata, registry }: ComponentRecord,
  expected: number | undefined,
  patch: unknown,
): Promise<void> {
  const current = registry.revision;
  if (expected === undefined || expected === current) return;
  const base = revisionOf(await view.query(selectRevision(metadata.uuid, expected)));
  throw new OmniBaseError('RG011', {
    details: { uuid: metadata.uuid, expected, current, ...bothSides(base, metadata, patch) },
  });
}

function bothSides(base: ComponentMetadata | null, now: ComponentMetadata, patch: unknown): object {
  // A revision that never was has no differences to show.
  if (base === null) return { theirs: null, yours: patch, overlapping: [] };
  const mine = patch === null ? [] : changedPaths(base, applyMergePatch(base, patch));
  return {
    theirs: createMergePatch(base, now),
    yours: patch,
    overlapping: overlappingPaths(changedPaths(base, now), mine),
  };
}
