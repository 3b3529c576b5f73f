/**
 * From a reference and the components it may name to the one it means (registry.md 2.6, 7.1); the same for Postgres
 * and the file cache.
 */
import type { ComponentRecord } from '../../contracts/component.ts';
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import type { LookupOptions } from '../../contracts/registry.ts';
import type { PathCandidate } from '../../db/stores/components/find-by-path.ts';
import { nearestOnes } from '../../domain/text/nearest.ts';
import { type DroppedCandidate, pickVersion } from '../../domain/versions/pick-version.ts';
import { matchPath, parseReference, type Reference } from '../../domain/versions/reference.ts';
import { parseVersionSpec, type VersionSpec } from '../../domain/versions/version-spec.ts';

/** What a lookup asks for, read once. */
export interface Wanted {
  readonly ref: string;
  readonly reference: Reference;
  /** Null: any version of a uuid, the latest of a path. */
  readonly spec: VersionSpec | null;
  readonly options: LookupOptions;
}

export interface Chosen {
  readonly uuid: string;
  readonly warnings: readonly Issue[];
}

/** @throws QY003, QY002 when the text is no reference or spec, or names two specs that differ */
export function wantedOf(ref: string, options: LookupOptions): Wanted {
  const reference = parseReference(ref);
  const { version_spec, include_prerelease } = options;
  const given = version_spec ?? reference.spec?.source;
  if (version_spec !== undefined && reference.spec !== undefined && reference.spec.source !== version_spec.trim()) {
    throw new OmniBaseError('QY003', {
      details: { ref, reason: `it names the version ${reference.spec.source}, the option names ${version_spec}` },
    });
  }
  const spec = given === undefined ? null : parseVersionSpec(given, { includePrerelease: include_prerelease === true });
  return { ref, reference, spec, options };
}

/**
 * The component a path means.
 * @throws RG001 when nothing has that name, RG013 when several do, RG008 when no version fits
 */
export function chooseByPath(wanted: Wanted, candidates: readonly PathCandidate[]): Chosen {
  const { ref, reference, options } = wanted;
  const match = reference.kind === 'path' ? matchPath(reference, candidates) : null;
  if (match === null) throw notFound(ref, []);
  if (match.names.length > 1) {
    throw new OmniBaseError('RG013', { details: { ref, candidates: match.names } });
  }
  const spec = wanted.spec ?? parseVersionSpec('latest');
  const { chosen, dropped, warnings } = pickVersion(match.candidates, spec, {
    purpose: 'lookup',
    includeArchived: options.include_archived === true,
    includePrerelease: options.include_prerelease === true,
  });
  if (chosen === null) throw noVersion(ref, spec, dropped);
  return { uuid: chosen.uuid, warnings };
}

/**
 * Whether a record named by its uuid is what the caller accepts, and what to warn about.
 * @throws RG008 when a version spec beside the uuid does not accept its version
 */
export function checkByUuid({ ref, spec }: Wanted, record: ComponentRecord): Chosen {
  const candidate = candidateOf(record);
  const { chosen, dropped, warnings } = pickVersion([candidate], spec ?? parseVersionSpec(candidate.version), {
    purpose: 'lookup',
    includeArchived: true,
    includePrerelease: true,
    lifecycles: [candidate.lifecycle],
  });
  const outside = dropped.some(({ reason }) => reason === 'range' || reason === 'prerelease');
  if (chosen === null && spec !== null && outside) throw noVersion(ref, spec, dropped);
  return { uuid: candidate.uuid, warnings };
}

/** @param names those that exist, to suggest near ones */
export function notFound(ref: string, names: Iterable<string>): OmniBaseError {
  const path = ref.replace(/^[^:]*:(\/\/)?/, '').replace(/@.*$/s, '');
  const words = [path, path.slice(path.lastIndexOf('.') + 1)];
  const all = [...names];
  const near = [...new Set(words.flatMap((word) => nearestOnes(word, all, 3)))].slice(0, 3);
  return new OmniBaseError('RG001', {
    details: { ref, near },
    ...(near.length === 0 ? {} : { next: `did you mean ${near.join(', ')}? list all with \`omnibase registry ls\`` }),
  });
}

export function candidateOf({ metadata, registry }: ComponentRecord): PathCandidate {
  const { uuid, type, namespace, name, version, lifecycle, status, deprecated_by, end_of_life_date } = metadata;
  const { quarantined, wip } = registry;
  return {
    uuid,
    type,
    namespace,
    name,
    version,
    lifecycle,
    status,
    quarantined,
    wip,
    ...(deprecated_by === undefined ? {} : { deprecated_by }),
    ...(end_of_life_date === undefined ? {} : { end_of_life_date }),
  };
}

function noVersion(ref: string, spec: VersionSpec, dropped: readonly DroppedCandidate<PathCandidate>[]): OmniBaseError {
  const versions = dropped.map(({ candidate, reason, detail }) => ({
    uuid: candidate.uuid,
    version: candidate.version,
    reason,
    detail,
  }));
  const listed = versions.slice(0, 5).map(({ version, detail }) => `${version} (${detail})`);
  return new OmniBaseError('RG008', {
    details: { ref, spec: spec.source, dropped: versions },
    next: `dropped: ${listed.join(', ')}${versions.length > listed.length ? ', …' : ''}`,
  });
}
