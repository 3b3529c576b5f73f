/**
 * Globs over names and resources, understood once: a glob becomes a list of parts, and every matcher (a regular
 * expression for memory and Postgres, a LIKE pattern for SQL) is built from the parts.
 */

/** `one` is any one character, `many` any run of them; the segment kinds stop at `/`. */
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

/** Source of an anchored expression that JavaScript (flags `su`) and Postgres (`~`) read alike. */
export function globExpression(parts: readonly GlobPart[]): string {
  const body = parts.map((part) =>
    part.kind === 'literal' ? part.text.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`) : expressionOf[part.kind],
  );
  return `^${body.join('')}$`;
}

/** Tests a whole value against the parts. */
export function globMatcher(parts: readonly GlobPart[]): (value: string) => boolean {
  const expression = new RegExp(globExpression(parts), 'su');
  return (value) => expression.test(value);
}
