/** Widths, safe text, times and tables: the small rules all output is made of. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayColour } from '../../../cli/io.ts';
import { counted, shownBytes, shownDuration } from '../../../cli/output/duration.ts';
import { safeLines, safePath, safeText } from '../../../cli/output/safe-text.ts';
import { renderTable } from '../../../cli/output/table.ts';
import { displayWidth, padEnd, padStart, truncate, wrap } from '../../../cli/output/width.ts';

describe('display width', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['naïve', 5],
    ['日本語', 6],
    ['e\u0301', 1],
    ['🎉', 2],
    ['👩‍💻', 2],
    ['한글', 4],
  ])('%s takes %d columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('pads and truncates by columns', () => {
    expect(padEnd('日本', 6)).toBe('日本  ');
    expect(padStart('日本', 6)).toBe('  日本');
    expect(truncate('日本語テキスト', 7)).toBe('日本語…');
    expect(truncate('short', 5)).toBe('short');
  });

  it('wraps at blanks, else inside words, and loses no character but blanks', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('safe text', () => {
  it.each([
    ['plain', 'plain'],
    ['tab\there', 'tab\\x09here'],
    ['\u001b[31m', '\\x1b[31m'],
    ['\u0085', '\\xc2\\x85'],
    ['a\u202eb', 'a\\xe2\\x80\\xaeb'],
    ['zero\u200bwidth', 'zero\\xe2\\x80\\x8bwidth'],
    ['日本', '日本'],
  ])('%j → %s', (given, shown) => {
    expect(safeText(given)).toBe(shown);
  });

  it('keeps line ends between lines only', () => {
    expect(safeLines('a\r\nb\u0007\nc')).toEqual(['a', 'b\\x07', 'c']);
  });

  it('shows bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('caf'),
      Buffer.from([0xe9]),
      Buffer.from('-日-'),
      Buffer.from([0xff, 0x0a]),
    ]);
    expect(safePath('ignored', bytes.toString('base64'))).toBe('caf\\xe9-日-\\xff\\x0a');
  });

  it('shows any text without control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // oxlint-disable-next-line no-control-regex
        expect(safeText(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});

describe('times, sizes, counts', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1200, '1.2 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [11_400_000, '3 h 10 min'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms → %s', (ms, shown) => {
    expect(shownDuration(ms)).toBe(shown);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [5 * 1024 ** 2, '5.0 MiB'],
    [300 * 1024 ** 3, '300 GiB'],
  ])('%d bytes → %s', (bytes, shown) => {
    expect(shownBytes(bytes)).toBe(shown);
  });

  it('agrees in number', () => {
    expect([counted(1, 'file'), counted(0, 'file'), counted(2, 'match', 'matches')]).toEqual([
      '1 file',
      '0 files',
      '2 matches',
    ]);
  });
});

describe('a table', () => {
  it('aligns by display width and cuts at the edge', () => {
    const columns = [
      { title: 'name', value: (row: readonly string[]) => row[0] ?? '' },
      { title: 'n', align: 'right' as const, value: (row: readonly string[]) => row[1] ?? '' },
      { title: 'note', value: (row: readonly string[]) => row[2] ?? '' },
    ];
    const rows = [
      ['日本', '1', 'x'.repeat(20)],
      ['a\u0007', '10', 'y'],
    ];
    expect(renderTable(rows, columns, 20)).toBe(
      ['NAME    N  NOTE', '日本    1  xxxxxxxx…', 'a\\x07  10  y', ''].join('\n'),
    );
  });
});

describe('colour', () => {
  it.each([
    ['a terminal', { isTerminal: true, env: {}, noColor: false }, true],
    ['a pipe', { isTerminal: false, env: {}, noColor: false }, false],
    ['--no-color', { isTerminal: true, env: { FORCE_COLOR: '1' }, noColor: true }, false],
    ['NO_COLOR', { isTerminal: true, env: { NO_COLOR: '1' }, noColor: false }, false],
    ['an empty NO_COLOR', { isTerminal: true, env: { NO_COLOR: '' }, noColor: false }, true],
    ['a dumb terminal', { isTerminal: true, env: { TERM: 'dumb' }, noColor: false }, false],
    ['CI', { isTerminal: true, env: { CI: 'true' }, noColor: false }, false],
    ['FORCE_COLOR in a pipe', { isTerminal: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' }, noColor: false }, true],
    ['FORCE_COLOR=0', { isTerminal: true, env: { FORCE_COLOR: '0' }, noColor: false }, false],
  ])('%s', (_, facts, expected) => {
    expect(mayColour(facts)).toBe(expected);
  });
});
