/** Records as selection looks at them, and the reading of references against them (stages.md 3). */
import type { ComponentRecord } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import { nearestOnes } from '../../text/nearest.ts';
import { whySatisfied } from '../../versions/interval.ts';
import { type Coordinates, matchPath, parseReference, type Reference } from '../../versions/reference.ts';
import { isPrerelease } from '../../versions/version.ts';
import { versionKey } from '../../versions/version-key.ts';
import { parseVersionSpec, type VersionSpec } from '../../versions/version-spec.ts';

/** A record, flat enough for the rules of references and versions. */
export interface Candidate extends Coordinates {
  readonly uuid: string;
  readonly record: ComponentRecord;
  /** Sorts as versions do. */
  readonly versionKey: string;
  /** The name of which a run has one version: `type:namespace.name`. */
  readonly line: string;
}

/** What selects a version where nobody named one. */
export const latest: VersionSpec = parseVersionSpec('latest');

/** Candidates by name, highest version first. */
export function candidatesOf(records: readonly ComponentRecord[]): readonly Candidate[] {
  return records
    .map((record) => {
      const { uuid, type, namespace, name, version } = record.metadata;
      return {
        uuid,
        type,
        namespace,
        name,
        record,
        versionKey: versionKey(version),
        line: `${type}:${namespace}.${name}`,
      };
    })
    .sort(
      (a, b) => compareUtf8(a.line, b.line) || compareUtf8(b.versionKey, a.versionKey) || compareUtf8(a.uuid, b.uuid),
    );
}

/** Whether a spec accepts the version of a candidate. */
export function fitsSpec({ record }: Candidate, spec: VersionSpec): boolean {
  const { version } = record.metadata;
  return spec.kind === 'latest' ? !isPrerelease(version) : whySatisfied(version, spec.intervals) === 'inside';
}

/** Everything a reference may mean by name, all versions, also when it is ambiguous. */
export function findMatches(reference: Reference, candidates: readonly Candidate[]): readonly Candidate[] {
  if (reference.kind === 'uuid') return candidates.filter(({ uuid }) => uuid === reference.uuid);
  return matchPath(reference, candidates)?.candidates ?? [];
}

/** What a reference names: all versions of one component. */
export interface Named {
  readonly reference: Reference;
  readonly line: string;
  readonly matches: readonly Candidate[];
}

/**
 * @param origin where the reference was written, for the message
 * @throws QY003, QY002 for a malformed reference; RG001 with the nearest names; RG013 when it may mean several
 */
export function findNamed(ref: string, origin: string, candidates: readonly Candidate[]): Named {
  const reference = parseReference(ref);
  const matches = findMatches(reference, candidates);
  const [line, ...others] = new Set(matches.map((candidate) => candidate.line));
  if (line === undefined) throw unknownReference(ref, origin, nearNames(reference, candidates));
  if (others.length > 0) throw new OmniBaseError('RG013', { details: { ref, candidates: [line, ...others] } });
  return { reference, line, matches };
}

/** Up to three names that may have been meant. */
export function nearNames(reference: Reference, candidates: readonly Candidate[]): readonly string[] {
  if (reference.kind === 'uuid') return [];
  const names = new Set(candidates.flatMap(({ namespace, name }) => [name, `${namespace}.${name}`]));
  return nearestOnes(reference.path, names, 3);
}

function unknownReference(ref: string, origin: string, nearest: readonly string[]): OmniBaseError {
  return new OmniBaseError('RG001', {
    message: `no component matches ${ref} of ${origin}`,
    details: { ref, origin, nearest },
    ...(nearest.length === 0 ? {} : { next: `did you mean ${nearest.join(', ')}? See \`omnibase registry ls\`` }),
  });
}
