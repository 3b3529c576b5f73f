/**
 * Which entries of a snapshot a component receives (stages.md 4.2, 4.3): those of its types that match one of its
 * globs, none of its excludes, and are of a kind it accepts.
 */
import type { ComponentMetadata } from '../../contracts/component.ts';
import type { ComponentSettings, StageEntry } from '../../contracts/stage.ts';
import { compileSplitGlobs } from './globs.ts';
import { type SplitPath, splitPath } from './paths.ts';

/** The fields of metadata that choose files. */
export type FileFilter = Pick<ComponentMetadata, 'files' | 'exclude' | 'types' | 'types_any' | 'accepts'>;

/** Deleted, linked and binary entries go only to components that say so: their content is not what it seems. */
type SpecialKind = 'deleted' | 'gitlink' | 'symlink' | 'binary';

/**
 * A test for entries; whoever tests an entry many times passes its path along.
 *
 * @param settings `files` and `exclude` of the configuration replace those of the metadata
 * @throws OR001 when braces unfold the globs to more than 1,000
 */
export function fileMatcher(
  filter: FileFilter,
  settings: Pick<ComponentSettings, 'files' | 'exclude'> = {},
): (entry: StageEntry, path?: SplitPath) => boolean {
  const included = compileSplitGlobs(settings.files ?? filter.files ?? ['**']);
  const excluded = compileSplitGlobs(settings.exclude ?? filter.exclude ?? []);
  const accepted = new Set<SpecialKind>(filter.accepts ?? []);
  const all = filter.types ?? [];
  const any = filter.types_any ?? [];
  return (entry, path = splitPath(entry)) => {
    if (specialKinds(entry).some((kind) => !accepted.has(kind))) return false;
    if (!all.every((type) => entry.types.includes(type))) return false;
    if (any.length > 0 && !any.some((type) => entry.types.includes(type))) return false;
    return included(path) && !excluded(path);
  };
}

function specialKinds(entry: StageEntry): readonly SpecialKind[] {
  if (entry.status === 'deleted') return ['deleted'];
  if (entry.kind === 'gitlink' || entry.kind === 'symlink') return [entry.kind];
  return entry.types.includes('binary') ? ['binary'] : [];
}
