/**
 * Globs over names and resources, understood once: a glob becomes a list of parts, and every matcher (one for memory, a
 * regular expression or a LIKE pattern for SQL) is built from the parts.
 */

/** `one` is any one character, `many` any run of them; the segment kinds stop at `/`. A literal is one character. */
export type GlobPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one' | 'many' | 'one_in_segment' | 'many_in_segment' };

/**
 * A whole-value glob on a name (registry.md 6): `*` any run, `?` one character, `\` makes the next one literal.
 * A trailing `\` stands for itself.
 */
export function parseNameGlob(glob: string): GlobPart[] {
  const parts: GlobPart[] = [];
  const characters = Array.from(glob);
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? '';
    const next = characters[index + 1];
    if (character === '*') parts.push({ kind: 'many' });
    else if (character === '?') parts.push({ kind: 'one' });
    else if (character === '\\' && next !== undefined) {
      parts.push({ kind: 'literal', text: next });
      index++;
    } else parts.push({ kind: 'literal', text: character });
  }
  return parts;
}

/** The resource glob of a capability (registry.md 11.1): `*` without `/`, `**` any, `?` one. */
export function parseResourceGlob(glob: string): GlobPart[] {
  return [...glob.matchAll(/\*\*|[^]/gu)].map(([token]) => {
    if (token === '**') return { kind: 'many' };
    if (token === '*') return { kind: 'many_in_segment' };
    if (token === '?') return { kind: 'one_in_segment' };
    return { kind: 'literal', text: token };
  });
}

const expressionOf = { one: '.', many: '.*', one_in_segment: '[^/]', many_in_segment: '[^/]*' } as const;

/** Source of an anchored expression for Postgres (`~`), whose engine does not backtrack; JavaScript (`su`) reads it alike. */
export function globExpression(parts: readonly GlobPart[]): string {
  const body = parts.map((part) =>
    part.kind === 'literal' ? part.text.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`) : expressionOf[part.kind],
  );
  return `^${body.join('')}$`;
}

/**
 * Tests a whole value against the parts, all ways at once: the time is at most the product of both lengths, where a
 * backtracking expression can be driven into billions of steps by a pattern such as `*a*a*a*a*b`.
 */
export function globMatcher(parts: readonly GlobPart[]): (value: string) => boolean {
  return (value) => {
    let reached = new Uint8Array(parts.length + 1);
    reached[0] = 1;
    passRuns(parts, reached);
    for (const character of value) {
      const next = new Uint8Array(parts.length + 1);
      for (const [position, part] of parts.entries()) {
        if (reached[position] === 1 && accepts(part, character)) next[isRun(part) ? position : position + 1] = 1;
      }
      passRuns(parts, next);
      reached = next;
    }
    return reached[parts.length] === 1;
  };
}

/** A run may be empty: whoever stands before it stands behind it as well. */
function passRuns(parts: readonly GlobPart[], reached: Uint8Array): void {
  for (const [position, part] of parts.entries()) {
    if (reached[position] === 1 && isRun(part)) reached[position + 1] = 1;
  }
}

function isRun({ kind }: GlobPart): boolean {
  return kind === 'many' || kind === 'many_in_segment';
}

function accepts(part: GlobPart, character: string): boolean {
  if (part.kind === 'literal') return part.text === character;
  return part.kind === 'one' || part.kind === 'many' || character !== '/';
}
