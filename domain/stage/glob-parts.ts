/**
 * One part of a glob, the text between two slashes, and how parts match the names of a path. Everything is bytes: one
 * character of these strings is one byte (`paths.ts`).
 */

/** One part of a glob between slashes; `**` as a whole part stands for any number of parts. */
export type Part = '**' | readonly Token[];
type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | CharacterSet
  | { readonly kind: 'byte'; readonly byte: string };

export interface CharacterSet {
  readonly kind: 'set';
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}

/** Reads one part. */
export function compilePart(part: string): Part {
  if (part === '**') return '**';
  const tokens: Token[] = [];
  let setsClose = true;
  for (let at = 0; at < part.length; ) {
    const byte = part.charAt(at);
    if (byte === '[' && setsClose) {
      const set = readSet(part, at);
      if (set !== null) {
        tokens.push(set.token);
        at = set.next;
        continue;
      }
      // Once a bracket does not close, none after it does: long runs of them are read once.
      setsClose = false;
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
export function readSet(part: string, start: number): { readonly token: CharacterSet; readonly next: number } | null {
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

/** Whether the parts of a glob match all names of a path. */
export function matchParts(parts: readonly Part[], names: readonly string[]): boolean {
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
