import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { compileGlobs } from '../../../../domain/stage/globs.ts';
import { bytesOf } from '../../../../domain/stage/paths.ts';

const matches = (glob: string, path: string) => compileGlobs([glob])(bytesOf(path));

function outcome(match: () => boolean): boolean | string {
  try {
    return match();
  } catch (error) {
    return error instanceof OmniBaseError ? error.code : 'another error';
  }
}

describe('one glob', () => {
  it.each([
    // Without a slash: at any depth.
    ['*.json', 'a.json', true],
    ['*.json', 'x/y/a.json', true],
    ['*.json', '.json', true],
    ['*.json', 'a.jsonc', false],
    ['*.json', 'folder.json/inside.txt', true],
    ['package.json', 'x/package.json', true],
    ['package.json', 'x/package.json5', false],
    ['node_modules', 'x/node_modules/y/z.js', true],
    // With a slash: from the root.
    ['/a.json', 'a.json', true],
    ['/a.json', 'x/a.json', false],
    ['x/*.json', 'x/a.json', true],
    ['x/*.json', 'y/x/a.json', false],
    ['x/*.json', 'x/y/a.json', false],
    // Folders.
    ['docs/', 'docs/a.md', true],
    ['docs/', 'x/docs/a.md', true],
    ['docs/', 'docs', false],
    ['docs', 'docs/a.md', true],
    ['docs', 'docs', true],
    ['/docs/', 'x/docs/a.md', false],
    // Any number of parts.
    ['**', 'a/b', true],
    ['*', '.hidden', true],
    ['**/a', 'a', true],
    ['**/a', 'x/y/a', true],
    ['x/**/y', 'x/y', true],
    ['x/**/y', 'x/1/2/y', true],
    ['x/**', 'x/1/2', true],
    ['x/**', 'x', false],
    ['x/**/', 'x/1/2', true],
    ['a**b', 'a/b', false],
    ['a**b', 'axxb', true],
    // Choices.
    ['[ab].txt', 'a.txt', true],
    ['[ab].txt', 'c.txt', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[]]x', ']x', true],
    ['[a-]x', '-x', true],
    ['[\\]]x', ']x', true],
    ['[a', '[a', true],
    ['[a', 'a', false],
    ['*.{json,yaml}', 'a.yaml', true],
    ['*.{json,y{a,}ml}', 'a.yml', true],
    ['*.{json,yaml}', 'a.toml', false],
    ['{a/b,c}/d', 'a/b/d', true],
    ['{a}', '{a}', true],
    ['{a', '{a', true],
    ['a}', 'a}', true],
    ['{a,{b}', '{a,{b}', true],
    ['{a,{b,c}', '{a,c', true],
    ['{a,b}{c,d}e', 'bce', true],
    ['{,x}a', 'a', true],
    ['{a,b}}', 'b}', true],
    ['a,b', 'a,b', true],
    ['{a,b\\}c}', 'b}c', true],
    ['\\{a,b}', '{a,b}', true],
    ['[{]a,b}', '{a,b}', true],
    ['{a,[}]b}', '}b', true],
    // Everything else is itself.
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a\\*c', 'a*c', true],
    ['a\\*c', 'abc', false],
    ['a\\', 'a\\', true],
    ['a(b)+|$^.txt', 'a(b)+|$^.txt', true],
    ['!a', '!a', true],
    ['A.TXT', 'a.txt', false],
    ['', 'a', false],
    ['/', 'a', false],
    // Bytes.
    ['?.txt', 'é.txt', false],
    ['??.txt', 'é.txt', true],
    ['*.é', 'x.é', true],
    ['[é].txt', 'é.txt', false],
    ['*\n*', 'a\nb', true],
  ])('%j on %j: %s', (glob, path, expected) => {
    expect(matches(glob, path)).toBe(expected);
  });
});

describe('several globs', () => {
  it('match when one does, and never when there is none', () => {
    const either = compileGlobs(['*.json', '/docs/**']);
    expect(['a.json', 'docs/x.md', 'x.md'].map(either)).toEqual([true, true, false]);
    expect(compileGlobs([])('a')).toBe(false);
  });

  it('refuse braces that unfold without end', () => {
    const glob = '{a,b}'.repeat(12);
    expect(() => compileGlobs([glob])).toThrow(expect.objectContaining({ code: 'OR001' }));
    const many = Array.from({ length: 11 }, (_, index) => `${index}${'{a,b,c,d,e,f,g,h,i,j}'.repeat(2)}`);
    expect(() => compileGlobs(many)).toThrow(expect.objectContaining({ code: 'OR001' }));
    expect(compileGlobs(many.slice(1))('1aj')).toBe(true);
  });

  it('agree with picomatch wherever both speak of the same thing', () => {
    const part = fc.stringMatching(/^[ab.*?]{1,4}$/);
    const globs = fc
      .array(fc.oneof(part, fc.constant('**')), { minLength: 2, maxLength: 4 })
      .map((parts) => parts.join('/'));
    const paths = fc
      .array(fc.stringMatching(/^[ab.]{1,4}$/), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(globs, paths, (glob, path) => {
        // picomatch reads `a**b` and dots-only names in ways of its own.
        fc.pre(!/[^/]\*\*|\*\*[^/]|\*\*\*/.test(glob) && !/(^|\/)\.+(\/|$)/.test(`${glob} ${path}`.replace(' ', '/')));
        // It also wants something behind the last dot of a name, where a star may match nothing: `*.*` and `a.`.
        fc.pre(!glob.endsWith('**') && !/\.(\/|$)/.test(path));
        const oracle = picomatch([glob, `${glob}/**`], { dot: true, noextglob: true, nobrace: true });
        expect([glob, path, matches(glob, path)]).toEqual([glob, path, oracle(path)]);
      }),
      { numRuns: 2000 },
    );
  });

  it('are read at once however they nest', () => {
    const started = performance.now();
    for (const hostile of ['{[', '{', '[', '{,', '{a,[', '\\{[!', '{a,b}[']) {
      const glob = `{a,b}{c,d}{e,f}${hostile.repeat(330).slice(0, 1000)}`;
      // Refused or not, it is quick.
      expect(outcome(() => matches(glob, 'x'))).toBeOneOf([false, 'OR001']);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('answers at once where a backtracking matcher would not', () => {
    const glob = `${'*a'.repeat(200)}b`;
    const started = performance.now();
    expect(matches(glob, 'a'.repeat(4000))).toBe(false);
    expect(matches(`${'**/a*/'.repeat(50)}b`, 'aa/'.repeat(1000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
