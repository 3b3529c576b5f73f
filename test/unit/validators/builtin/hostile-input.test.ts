/** Inputs made to hurt: each built-in answers in bounded time and memory, with at most 5,000 findings. */
import { expect, test } from 'vitest';
import { builtinCatalogue } from '../../../../validators/builtin/index.ts';
import { answerOf, findingsOf, placesOf } from './checking.ts';

const mebibyte = 1024 * 1024;
const filled = (unit: string) => unit.repeat(Math.ceil(mebibyte / unit.length)).slice(0, mebibyte);

/** One line of a mebibyte, or as many lines as fit. */
const inputs: Readonly<Record<string, string | Buffer>> = {
  letters: filled('a'),
  blanks: filled(' '),
  'line breaks': filled('\n'),
  'carriage returns': filled('\r'),
  'blank lines': filled(' \n'),
  brackets: filled('['),
  braces: filled('{"a":'),
  numbers: `[${filled('1,')}1]`,
  quotes: filled('"'),
  escapes: `"${filled('\\')}"`,
  dashes: filled('- '),
  colons: filled('a: '),
  questions: filled('? '),
  'many keys': Array.from({ length: 70_000 }, (_, index) => `key${index}: 1`).join('\n'),
  'one key': filled('a: 1\n'),
  'equal keys': `{${filled('"a":1,')}"a":1}`,
  'dotted key': `${filled('a.')}b = 1`,
  'open arrays': `a = ${filled('[')}`,
  anchors: filled('&a '),
  aliases: filled('*a '),
  markers: filled(`${'<'.repeat(7)} a\n${'>'.repeat(7)} b\n`),
  'key headers': filled('-----BEGIN PRIVATE KEY-----'),
  'unfinished headers': `-----BEGIN ${filled('A ')}`,
  'age keys': filled(`AGE-SECRET-KEY-1${'A'.repeat(58)} `),
  'allow comments': `${filled('omnibase-allow x, ')} \n`,
  'wide characters': filled('ü '),
  'NUL bytes': filled('\0'),
  'no UTF-8': Buffer.alloc(mebibyte, 0xff),
};

test.each(builtinCatalogue.map(({ id }) => id))(
  '%s answers for a mebibyte of anything',
  (id) => {
    for (const [name, content] of Object.entries(inputs)) {
      const started = performance.now();
      const { findings } = answerOf(id, content, { types: ['text', 'markdown'], path: 'x.omnibase.yaml' });
      // The aim is one second on a machine of its own; test runs share theirs.
      expect(performance.now() - started, `${id} on ${name}`).toBeLessThan(8000);
      expect(findings.length, `${id} on ${name}`).toBeLessThanOrEqual(5000);
    }
  },
  120_000,
);

test('100,000 findings: 5,000 are kept, all are counted', () => {
  const answer = answerOf('trailing-whitespace', 'a \n'.repeat(100_000));
  expect(answer.findings).toHaveLength(5000);
  expect(answer.findings_total).toBe(100_000);
  expect(new Set(answer.findings.map(({ fingerprint }) => fingerprint)).size).toBe(5000);
});

test('10,000 levels: JSON names the first that is too deep, YAML and TOML refuse', () => {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000);
  expect(placesOf('json', deep)).toEqual(['too-deep@1:201']);
  expect(placesOf('yaml', deep)).toHaveLength(1);
  expect(placesOf('toml', `a = ${deep}`)).toHaveLength(1);
});

test('a billion laughs, and a large anchor repeated, are bombs; nothing is unfolded', () => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inside = level === 0 ? '"lol"' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array.from({ length: 9 }, () => inside).join(', ')}]`;
  });
  expect(placesOf('yaml', levels.join('\n'))).toEqual([expect.stringMatching(/^alias-bomb@9:/)]);
  const flat = `a: &a [${'x, '.repeat(5000)}x]\nb: [${'*a, '.repeat(5000)}*a]\n`;
  expect(placesOf('yaml', flat)).toEqual(['alias-bomb@2:5']);
  expect(findingsOf('yaml', flat)[0]?.message).toMatch(/unfold 10\d+ nodes to 3e\+7/);
});
