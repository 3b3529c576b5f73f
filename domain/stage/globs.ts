/**
 * Path globs in the manner of gitignore (stages.md 4.3, registry.md 2.4): `*` and `?` stay inside one part of the path,
 * `**` crosses parts, `[ab]` and `{a,b}` choose; dot files match; case counts. A glob without a slash matches at any
 * depth, one with a slash from the root; a glob that matches a folder matches everything below it.
 *
 * This is not built on regular expressions: globs come from registered components, and `*a*a*a*a*b` takes a
 * backtracking engine minutes on one long name. Here a path of n bytes against a glob of m costs at most n x m steps per
 * part. A property test compares the outcome with picomatch.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import { bytesOf, type SplitPath } from './paths.ts';

/** Tells whether a path, given as byte string relative to the repository root, matches. */
export type PathMatcher = (path: string) => boolean;

/** One part of a glob between slashes; `**` as a whole part stands for any number of parts. */
type Part = '**' | readonly Token[];
type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | CharacterSet
  | { readonly kind: 'byte'; readonly byte: string };

interface CharacterSet {
  readonly kind: 'set';
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}

/** Alternatives that the braces of one glob may unfold to. */
const maxAlternatives = 1000;

/**
 * A matcher for "one of these globs".
 *
 * @param globs no globs match nothing
 * @throws OR001 when the braces of a glob unfold to more than 1,000 alternatives
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
  for (const alternative of globs.flatMap(unfoldBraces)) {
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

function compilePart(part: string): Part {
  if (part === '**') return '**';
  const tokens: Token[] = [];
  for (let at = 0; at < part.length; ) {
    const byte = part.charAt(at);
    const set = byte === '[' ? readSet(part, at) : null;
    if (set !== null) {
      tokens.push(set.token);
      at = set.next;
      continue;
    }
    if (byte === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (byte === '?') tokens.push({ kind: 'any' });
    else if (byte === '\\' && at + 1 < part.length) {
      at += 1;
      tokens.push({ kind: 'byte', byte: part.charAt(at) });
    } else tokens.push({ kind: 'byte', byte });
    at += 1;
  }
  return tokens;
}

/** Reads `[a-z]`, `[!x]`, `[^x]` at `start`; null when the bracket never closes and so is an ordinary byte. */
function readSet(part: string, start: number): { readonly token: CharacterSet; readonly next: number } | null {
  let at = start + 1;
  const negated = part[at] === '!' || part[at] === '^';
  if (negated) at += 1;
  const ranges: (readonly [string, string])[] = [];
  const first = at;
  while (at < part.length) {
    // A closing bracket in first place is a member.
    if (part[at] === ']' && at > first) return { token: { kind: 'set', negated, ranges }, next: at + 1 };
    const low = readMember(part, at);
    if (part[low.next] === '-' && low.next + 1 < part.length && part[low.next + 1] !== ']') {
      const high = readMember(part, low.next + 1);
      ranges.push([low.byte, high.byte]);
      at = high.next;
    } else {
      ranges.push([low.byte, low.byte]);
      at = low.next;
    }
  }
  return null;
}

function readMember(part: string, at: number): { readonly byte: string; readonly next: number } {
  const escaped = part[at] === '\\' && at + 1 < part.length;
  return { byte: part.charAt(escaped ? at + 1 : at), next: at + (escaped ? 2 : 1) };
}

function matchParts(parts: readonly Part[], names: readonly string[]): boolean {
  return wildcardMatch(parts, names, isGlobstar, (part, name) => part !== '**' && matchName(part, name));
}

function matchName(tokens: readonly Token[], name: string): boolean {
  return wildcardMatch(tokens, name, isStar, matchByte);
}

const isGlobstar = (part: Part): boolean => part === '**';
const isStar = (token: Token): boolean => token.kind === 'star';

function matchByte(token: Token, byte: string): boolean {
  if (token.kind === 'byte') return token.byte === byte;
  if (token.kind === 'set') {
    return token.ranges.some(([low, high]) => low <= byte && byte <= high) !== token.negated;
  }
  return token.kind === 'any';
}

/**
 * A pattern with stars against items. On a mismatch the last star takes one item more; earlier stars never need to, so
 * the work is bounded by the product of both lengths.
 */
function wildcardMatch<Pattern, Item>(
  patterns: readonly Pattern[],
  items: ArrayLike<Item>,
  starred: (pattern: Pattern) => boolean,
  matches: (pattern: Pattern, item: Item) => boolean,
): boolean {
  let at = 0;
  let item = 0;
  let retryPattern = -1;
  let retryItem = 0;
  while (item < items.length) {
    const pattern = patterns[at];
    const current = items[item];
    if (pattern !== undefined && starred(pattern)) {
      at += 1;
      retryPattern = at;
      retryItem = item;
    } else if (pattern !== undefined && current !== undefined && matches(pattern, current)) {
      at += 1;
      item += 1;
    } else if (retryPattern >= 0) {
      retryItem += 1;
      at = retryPattern;
      item = retryItem;
    } else return false;
  }
  return patterns.slice(at).every(starred);
}

/** `{a,b}c` → `ac`, `bc`. Braces without a comma, unclosed, escaped or inside brackets are ordinary bytes. */
function unfoldBraces(glob: string): readonly string[] {
  const unfolded: string[] = [];
  const open = [glob];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = findGroup(next);
    if (group === null) unfolded.push(next);
    else for (const choice of group.choices) open.push(group.before + choice + group.after);
    if (unfolded.length + open.length > maxAlternatives) throw tooManyAlternatives(glob);
  }
  return unfolded;
}

interface Group {
  readonly before: string;
  readonly choices: readonly string[];
  readonly after: string;
}

/** The first pair of braces that offers a choice. */
function findGroup(glob: string): Group | null {
  for (let at = 0; at < glob.length; at = skip(glob, at)) {
    if (glob[at] !== '{') continue;
    const group = readGroup(glob, at);
    if (group !== null) return group;
  }
  return null;
}

function readGroup(glob: string, start: number): Group | null {
  const choices: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < glob.length; at = skip(glob, at)) {
    const byte = glob[at];
    if (byte === '{') depth += 1;
    else if (byte === '}') depth -= 1;
    if ((byte === ',' && depth === 1) || depth === 0) {
      choices.push(glob.slice(from, at));
      from = at + 1;
    }
    if (depth === 0)
      return choices.length < 2 ? null : { before: glob.slice(0, start), choices, after: glob.slice(from) };
  }
  return null;
}

/** Index after the character at `at`, taking an escaped character or a whole bracket as one. */
function skip(glob: string, at: number): number {
  if (glob[at] === '\\') return at + 2;
  return glob[at] === '[' ? (readSet(glob, at)?.next ?? at + 1) : at + 1;
}

function tooManyAlternatives(glob: string): OmniBaseError {
  return new OmniBaseError('OR001', {
    message: `the braces of the glob ${glob.slice(0, 80)} unfold to more than ${maxAlternatives} alternatives`,
    details: { value: glob.slice(0, 80), option: 'files', allowed: `at most ${maxAlternatives} alternatives` },
  });
}
