/** Revisions to object ids: one `cat-file --batch-check` answers any number of names and never fails as a whole. */
import { OmniBaseError } from '../../contracts/error.ts';
import { git, runGit } from './process.ts';

export interface GitPlace {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
}

/** The object id of each revision, null where git does not know it. A revision holds no line break. */
export async function resolveRevisions(place: GitPlace, revisions: readonly string[]): Promise<(string | null)[]> {
  if (revisions.length === 0) return [];
  const input = `${revisions.join('\n')}\n`;
  const output = await git({ args: ['cat-file', '--batch-check'], ...place, input });
  const lines = output.toString('latin1').split('\n');
  return revisions.map((_, index) => /^([0-9a-f]{40}(?:[0-9a-f]{24})?) \w+ \d+$/.exec(lines[index] ?? '')?.[1] ?? null);
}

export interface RangeTrees {
  readonly head: string;
  readonly targetTree: string;
  readonly baseTree: string;
  readonly warnings: readonly string[];
}

/**
 * The trees of a range: that of `toRef`, and that of the merge base with `fromRef`. Without a common ancestor
 * in this clone, `fromRef` itself is the base and a warning says so.
 *
 * @throws OmniBaseError OR012 for a name that git does not know.
 */
export async function resolveRange(place: GitPlace, fromRef: string, toRef: string): Promise<RangeTrees> {
  const [from, to, toTree, fromTree] = await resolveRevisions(place, [
    ...[fromRef, toRef].map((ref) => checked(ref, '^{commit}')),
    checked(toRef, '^{tree}'),
    checked(fromRef, '^{tree}'),
  ]);
  if (!from || !fromTree) throw unknownRef(fromRef);
  if (!to || !toTree) throw unknownRef(toRef);
  const mergeBase = await runGit({ args: ['merge-base', from, to], ...place });
  const base = mergeBase.code === 0 ? mergeBase.stdout.toString('latin1').trim() : null;
  const [baseTree] = base === null ? [fromTree] : await resolveRevisions(place, [`${base}^{tree}`]);
  const warnings =
    base === null
      ? [`no common ancestor of ${fromRef} and ${toRef} in this clone: ${fromRef} itself is the base (fetch-depth: 0)`]
      : [];
  return { head: to, targetTree: toTree, baseTree: baseTree ?? fromTree, warnings };
}

/** OR012. */
export function unknownRef(ref: string): OmniBaseError {
  return new OmniBaseError('OR012', { details: { ref } });
}

function checked(ref: string, suffix: string): string {
  // A name with a control character is none; a line break would ask git a second question.
  // oxlint-disable-next-line no-control-regex
  if (ref === '' || /[\x00-\x20\x7f]/.test(ref)) throw unknownRef(ref);
  return `${ref}${suffix}`;
}
