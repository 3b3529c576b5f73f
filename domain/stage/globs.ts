/**
 * Path globs in the manner of gitignore (stages.md 4.3, registry.md 2.4): `*` and `?` stay inside one part of the path,
 * `**` crosses parts, `[ab]` and `{a,b}` choose; dot files match; case counts. A glob without a slash matches at any
 * depth, one with a slash from the root; a glob that matches a folder matches everything below it.
 *
 * This is not built on regular expressions: globs come from registered components, and `*a*a*a*a*b` takes a
 * backtracking engine minutes on one long name. Here a path of n bytes against a glob of m costs at most n x m steps per
 * part. A property test compares the outcome with picomatch.
 */
import { unfoldBraces } from './glob-braces.ts';
import { compilePart, matchParts, type Part } from './glob-parts.ts';
import { bytesOf, type SplitPath } from './paths.ts';

/** Tells whether a path, given as byte string relative to the repository root, matches. */
export type PathMatcher = (path: string) => boolean;

/**
 * A matcher for "one of these globs".
 *
 * @param globs no globs match nothing
 * @throws OR001 when braces unfold the list to more than 1,000 globs
 */
export function compileGlobs(globs: readonly string[]): PathMatcher {
  const matches = compileSplitGlobs(globs);
  return (path) => matches({ bytes: path, parts: path.split('/') });
}

/** The same for paths that were taken apart before, because many matchers look at each. */
export function compileSplitGlobs(globs: readonly string[]): (path: SplitPath) => boolean {
  if (globs.some((glob) => glob === '**' || glob === '*')) return ({ bytes }) => bytes.length > 0;
  const suffixes: string[] = [];
  const compiled: (readonly Part[])[] = [];
  for (const alternative of unfoldBraces(globs)) {
    const suffix = plainSuffix(alternative);
    if (suffix === null) compiled.push(compileOne(alternative));
    else suffixes.push(suffix);
  }
  return ({ bytes, parts }) =>
    // `*.json` and its like are most of the globs in use, and need no look at the parts.
    suffixes.some((suffix) => endsPart(bytes, suffix)) || compiled.some((glob) => matchParts(glob, parts));
}

/** Whether the path or one of its folders ends so. */
function endsPart(bytes: string, suffix: string): boolean {
  return bytes.endsWith(suffix) || bytes.includes(`${suffix}/`);
}

/** `.json` for `*.json`: a star and then only ordinary bytes; null for any other glob. */
function plainSuffix(glob: string): string | null {
  return /^\*[^*?[\]\\/]+$/.test(glob) ? bytesOf(glob.slice(1)) : null;
}

function compileOne(glob: string): readonly Part[] {
  const bytes = bytesOf(glob);
  const folderOnly = bytes.endsWith('/');
  const trimmed = bytes.replace(/\/+$/, '').replace(/^\/+/, '');
  if (trimmed === '') return [[]];
  const anchored = bytes.startsWith('/') || trimmed.includes('/');
  const parts = trimmed.split('/').map(compilePart);
  // `a/**` means what is below a, not a itself; so does `a/`.
  const below = parts.length > 1 && parts.at(-1) === '**';
  return [
    ...(anchored ? [] : ['**' as const]),
    ...(below ? parts.slice(0, -1) : parts),
    ...(below || folderOnly ? [[{ kind: 'star' } as const]] : []),
    '**',
  ];
}
