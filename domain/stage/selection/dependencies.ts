/**
 * Dependency closure (stages.md 5): required dependencies of type validator or tool join the run; artifacts and schemas
 * are only resolved by the registry. Optional ones order the run when they are part of it anyway.
 */
import type { ComponentMetadata, Edge } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { matchPath } from '../../versions/reference.ts';
import { parseVersionSpec } from '../../versions/version-spec.ts';
import { type Candidate, fitsSpec } from './candidates.ts';
import type { Choice } from './choice.ts';
import { type Choices, whyUnfit } from './rules.ts';
import { nameOf } from './selected.ts';

/**
 * The choices with everything they need, in the order found.
 *
 * @throws RG007 for a required dependency that does not exist or cannot run, RG008 when the run already has a version
 * of it that does not fit; both with the chain of who asked for what
 */
export function closeOverDependencies(
  roots: readonly Choice[],
  pool: readonly Candidate[],
  choices: Choices,
): readonly Choice[] {
  const byLine = new Map(roots.map((choice) => [choice.candidate.line, choice]));
  const chains = new Map(roots.map(({ candidate }) => [candidate, nameOf(candidate.record)]));
  const queue = roots.map(({ candidate }) => candidate);
  for (const candidate of queue) {
    for (const edge of joiningEdges(candidate.record.metadata)) {
      const chain = `${chains.get(candidate) ?? ''} -> ${textOf(edge)}`;
      const found = findJoining(edge, pool, choices, byLine, chain);
      if (found === null || byLine.has(found.line)) continue;
      byLine.set(found.line, { candidate: found, selected_by: 'dependency', spec: edge.version_spec });
      chains.set(found, chain);
      queue.push(found);
    }
  }
  return [...byLine.values()];
}

/** Edges along which one component waits for another. */
export function orderingEdges({ dependencies }: Pick<ComponentMetadata, 'dependencies'>): readonly Edge[] {
  return dependencies.filter(({ kind, external }) => kind === 'depends_on' && external === undefined);
}

/** All versions of what an edge names. */
export function targetsOf({ target }: Edge, pool: readonly Candidate[]): readonly Candidate[] {
  const { uuid, type, namespace, name } = target;
  if (uuid !== undefined) return pool.filter((candidate) => candidate.uuid === uuid);
  if (name === undefined) return [];
  const ofType = pool.filter((candidate) => type === undefined || candidate.type === type);
  if (namespace !== undefined) {
    return ofType.filter((candidate) => candidate.namespace === namespace && candidate.name === name);
  }
  return matchPath({ path: name }, ofType)?.candidates ?? [];
}

/** A target of another type, or of none that is known, joins nothing: it holds no code to run. */
function joiningEdges(metadata: ComponentMetadata): readonly Edge[] {
  return orderingEdges(metadata).filter(({ required, target }) => required && joins(target.type ?? 'validator'));
}

function joins(type: string): boolean {
  return type === 'validator' || type === 'tool';
}

function findJoining(
  edge: Edge,
  pool: readonly Candidate[],
  choices: Choices,
  byLine: ReadonlyMap<string, Choice>,
  chain: string,
): Candidate | null {
  const targets = targetsOf(edge, pool);
  if (targets.length === 0) {
    // Without a type it may be an artifact, which is none of our candidates.
    if (edge.target.type === undefined) return null;
    throw new OmniBaseError('RG007', {
      message: `a required dependency does not exist: ${chain}`,
      details: { ref: chain },
    });
  }
  const present = targets.flatMap(({ line }) => byLine.get(line)?.candidate ?? []).at(0);
  if (present !== undefined) return checkPresent(present, edge, chain);
  // A test is ordered after what it needs but never brought in by others.
  const joining = targets.filter(({ type }) => joins(type));
  if (joining.length === 0) return null;
  const judged = joining.map((candidate) => ({ candidate, why: whyNotJoining(candidate, edge, choices) }));
  const runnable = judged.find(({ why }) => why === null);
  if (runnable !== undefined) return runnable.candidate;
  const reasons = judged.map(({ candidate, why }) => `${nameOf(candidate.record)} (${why})`);
  throw new OmniBaseError('RG007', {
    message: `a required dependency cannot run: ${chain}; there is ${reasons.join(', ')}`,
    details: { ref: chain, candidates: reasons },
  });
}

function whyNotJoining(candidate: Candidate, edge: Edge, choices: Choices): string | null {
  if (!fitsEdge(candidate, edge)) return `outside ${edge.version_spec}`;
  const exact = edge.target.uuid !== undefined || parseVersionSpec(edge.version_spec).kind === 'exact';
  return whyUnfit(candidate, choices, exact ? 'by-version' : 'by-name')?.by ?? null;
}

function checkPresent(present: Candidate, edge: Edge, chain: string): Candidate {
  if (fitsEdge(present, edge)) return present;
  throw new OmniBaseError('RG008', {
    message: `${chain} does not fit ${nameOf(present.record)}, which the run already has`,
    details: { ref: chain, spec: edge.version_spec, versions: [present.record.metadata.version] },
  });
}

/** By uuid exactly that record, whatever its version. */
function fitsEdge(candidate: Candidate, { target, version_spec }: Edge): boolean {
  return target.uuid === undefined
    ? fitsSpec(candidate, parseVersionSpec(version_spec))
    : candidate.uuid === target.uuid;
}

function textOf({ target, version_spec }: Edge): string {
  const path = target.uuid ?? [target.namespace, target.name].filter((part) => part !== undefined).join('.');
  return `${target.type === undefined ? '' : `${target.type}:`}${path}@${version_spec}`;
}
