/** `--skip` and OMNIBASE_SKIP (stages.md 3): who leaves the run again, and what is said about it. */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { RunMessage, StageOptions } from '../../../contracts/stage.ts';
import { parseReference } from '../../versions/reference.ts';
import { type Candidate, findMatches, fitsSpec, nearNames } from './candidates.ts';
import type { Choice, Dropped } from './choice.ts';
import { nameOf } from './selected.ts';

export interface Skips {
  /** What skips a component, null when nothing does. */
  readonly dropOf: (choice: Choice) => Dropped | null;
  readonly messages: readonly RunMessage[];
}

interface SkipRequest {
  readonly ref: string;
  readonly origin: '--skip' | 'OMNIBASE_SKIP';
  readonly matches: ReadonlySet<Candidate>;
}

/**
 * Reads both lists.
 *
 * @param required the components of the run that cannot be skipped
 * @throws OR003 when --skip names one of them; QY002, QY003 for malformed references
 */
export function readSkips(
  options: Pick<StageOptions, 'skip' | 'env_skip'>,
  pool: readonly Candidate[],
  required: readonly Candidate[],
): Skips {
  const messages: RunMessage[] = [];
  const requests = [
    ...options.skip.map((ref) => read(ref, '--skip', pool, messages)),
    ...options.env_skip.map((ref) => read(ref, 'OMNIBASE_SKIP', pool, messages)),
  ];
  const kept = required.map((candidate) => ({
    candidate,
    by: requests.filter(({ matches }) => matches.has(candidate)),
  }));
  const refused = kept.filter(({ by }) => by.some(({ origin }) => origin === '--skip'));
  if (refused.length > 0) {
    const refs = refused.map(({ candidate }) => nameOf(candidate.record)).join(', ');
    throw new OmniBaseError('OR003', { details: { refs } });
  }
  for (const { candidate, by } of kept) {
    if (by.length === 0) continue;
    const text = `${nameOf(candidate.record)} is required and runs, although OMNIBASE_SKIP names it`;
    messages.push({ level: 'warning', text, code: 'OR003' });
  }
  const dropOf = ({ candidate, selected_by }: Choice): Dropped | null => {
    const request = requests.find(({ matches }) => matches.has(candidate));
    if (request === undefined || selected_by === 'required') return null;
    return { candidate, reason: 'skip', by: `${request.origin} ${request.ref}` };
  };
  return { dropOf, messages };
}

function read(
  ref: string,
  origin: SkipRequest['origin'],
  pool: readonly Candidate[],
  messages: RunMessage[],
): SkipRequest {
  const reference = parseReference(ref);
  const { spec } = reference;
  const named = findMatches(reference, pool);
  if (named.length === 0) {
    const near = nearNames(reference, pool);
    const hint = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`;
    messages.push({ level: 'warning', text: `${origin} names ${ref}, which is not registered${hint}`, code: 'RG001' });
  }
  const matches = spec === undefined ? named : named.filter((candidate) => fitsSpec(candidate, spec));
  return { ref, origin, matches: new Set(matches) };
}
