/** The reader of golden scripts must notice every difference, or no golden test could fail. */
import { describe, expect, it } from 'vitest';
import { mismatch, parseScript } from '../../e2e/cli/golden/script.ts';

describe('a golden script', () => {
  it('is read into files, commands and expectations', () => {
    const script = parseScript(
      'About this.\n\n=== a/b.txt\none\n\n=== c\n===\n# a remark\n$ omnibase x\n| out\n|\n! err\n? 2\n\n$ true\n',
    );
    expect(script).toEqual({
      about: 'About this.',
      steps: [
        {
          line: 9,
          command: 'omnibase x',
          files: [
            { path: 'a/b.txt', content: 'one\n\n' },
            { path: 'c', content: '' },
          ],
          stdout: ['out', ''],
          stderr: ['err'],
          exit: 2,
        },
        { line: 15, command: 'true', files: [], stdout: [], stderr: [], exit: 0 },
      ],
    });
  });

  it.each(['about only', '$ true\nstray text', '$ true\n? two'])('%j is refused', (text) => {
    expect(() => parseScript(text)).toThrow();
  });

  it.each([
    [[], '', true],
    [[], 'x\n', false],
    [['a'], '', false],
    [['a', 'b'], 'a\nb\n', true],
    [['a'], 'a\nb\n', false],
    [['a.c'], 'abc\n', false],
    [['[...]'], '', true],
    [['[...]', 'end'], 'a\nb\nend\n', true],
    [['[...]', 'end'], 'a\nb\nend\nmore\n', false],
    [['a', '[...]', 'a'], 'a\na\n', true],
    [['took [took], run [id]'], 'took   12 ms, run 0199c7a1-b2c3\n', true],
    [['[uuid] [hex] [n]'], '6f1d2a52-6f0a-4f6b-9d0e-3a1f0c5d7e11 abcdef0 7\n', true],
    [['[uuid]'], 'none\n', false],
    [['x [...] y'], 'x  y\n', true],
    [['[other]'], '[other]\n', true],
  ])('%j against %j: %s', (expected, output, fits) => {
    expect(mismatch(expected, output) === null).toBe(fits);
  });
});
