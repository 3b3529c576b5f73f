/** The rules on lines and file ends, on bytes as they come. */
import { expect, test } from 'vitest';
import { findingsOf, placesOf } from './checking.ts';

const utf16 = (text: string) => Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, 'utf16le')]);

test.each([
  ['nothing', '', []],
  ['a clean file', 'a\nb\n', []],
  ['blanks', 'a  \nb\n', ['blank-at-eol@1:2']],
  ['a tab', 'a\n\tb\t\n', ['blank-at-eol@2:3']],
  ['blanks and tabs', 'a \t \n', ['blank-at-eol@1:2']],
  ['a line of blanks', 'a\n   \nb\n', ['blank-at-eol@2:1']],
  ['the last line, without line break', 'a\nb ', ['blank-at-eol@2:2']],
  ['before CR LF', 'a \r\nb\r\n', ['blank-at-eol@1:2']],
  ['before a lone CR', 'a \rb \r', ['blank-at-eol@1:2', 'blank-at-eol@2:2']],
  ['a mix of line ends', 'a \rb\r\nc \n', ['blank-at-eol@1:2', 'blank-at-eol@3:2']],
  ['columns are UTF-16 units', 'ü😀 \n', ['blank-at-eol@1:4']],
  ['bytes that are no UTF-8', Buffer.from('\xff \n', 'latin1'), ['blank-at-eol@1:2']],
  ['a no-break space is text', 'a\u00a0\n', []],
  ['form feed is text', 'a\f\n', []],
  ['UTF-16 is left alone', utf16('a \n'), []],
])('trailing-whitespace: %s', (_, content, expected) => {
  expect(placesOf('trailing-whitespace', content)).toEqual(expected);
});

test.each([
  ['two blanks after text stay', 'a  \n', {}, []],
  ['three are one too many', 'a   \n', {}, ['blank-at-eol@1:2']],
  ['one is no line break', 'a \n', {}, ['blank-at-eol@1:2']],
  ['a tab is none either', 'a\t\n', {}, ['blank-at-eol@1:2']],
  ['a blank line has no line to break', '  \n', {}, ['blank-at-eol@1:1']],
  ['strip takes all', 'a  \n', { markdown: 'strip' }, ['blank-at-eol@1:2']],
])('trailing-whitespace in Markdown: %s', (_, content, options, expected) => {
  expect(placesOf('trailing-whitespace', content, { types: ['text', 'markdown'], options })).toEqual(expected);
});

test('trailing-whitespace says what stands there, and looks only at the characters asked for', () => {
  const messages = findingsOf('trailing-whitespace', 'a  \nb\t\nc \t\nd \n').map(({ message }) => message);
  expect(messages).toEqual([
    '2 blanks at end of line',
    '1 tab at end of line',
    '2 blanks and tabs at end of line',
    '1 blank at end of line',
  ]);
  expect(placesOf('trailing-whitespace', 'a \nb\t\n', { options: { chars: ['tab'] } })).toEqual(['blank-at-eol@2:2']);
  expect(findingsOf('trailing-whitespace', 'a   \n')[0]).toMatchObject({ end_line: 1, end_column: 5 });
});

test.each([
  ['an empty file', '', []],
  ['one line break', 'a\n', []],
  ['none', 'a', ['missing-newline@1:2']],
  ['none on the second line', 'a\nüb', ['missing-newline@2:3']],
  ['two', 'a\n\n', ['extra-newlines@2:1']],
  ['many', 'a\nb\n\n\n\n', ['extra-newlines@3:1']],
  ['CR LF once', 'a\r\n', []],
  ['CR LF twice', 'a\r\n\r\n', ['extra-newlines@2:1']],
  ['a lone CR is a line break', 'a\r', []],
  ['two lone CRs', 'a\r\r', ['extra-newlines@2:1']],
  ['only line breaks', '\n\n', ['blank-file@1?']],
  ['one line break alone', '\n', ['blank-file@1?']],
  ['only blanks', ' \n\t\n', ['blank-file@1?']],
  ['UTF-16 is left alone', utf16('a'), []],
])('end-of-file: %s', (_, content, expected) => {
  expect(placesOf('end-of-file', content)).toEqual(expected);
});

const conflict = '<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n';

test.each([
  ['nothing', 'a\n', {}, []],
  ['a conflict', `x\n${conflict}`, {}, ['marker@2:1']],
  ['two conflicts', conflict + conflict, {}, ['marker@1:1', 'marker@6:1']],
  ['one with the common ancestor', '<<<<<<< a\n||||||| b\n=======\n>>>>>>> c\n', {}, ['marker@1:1']],
  ['markers without names', '<<<<<<<\n=======\n>>>>>>>\n', {}, ['marker@1:1']],
  ['with CR LF', conflict.replaceAll('\n', '\r\n'), {}, ['marker@1:1']],
  ['a closing line alone', '>>>>>>> theirs\n', {}, []],
  ['an opening line alone', '<<<<<<< ours\n', {}, []],
  ['the wrong order', '>>>>>>> a\n<<<<<<< b\n', {}, []],
  ['a heading', 'Title\n=======\n', {}, []],
  ['longer rows of signs', '<<<<<<<< a\n>>>>>>>> b\n', {}, []],
  ['in the middle of a line', 'a <<<<<<< b\n c >>>>>>> d\n', {}, []],
  ['UTF-16', utf16(conflict), {}, ['marker@1:1']],
  ['only in a merge, outside of one', conflict, { options: { only_in_merge: true } }, []],
  ['only in a merge, inside of one', conflict, { options: { only_in_merge: true }, merging: true }, ['marker@1:1']],
  ['a reject file', 'x\n', { path: 'a/b.ts.rej' }, ['reject-file?']],
])('merge-conflict: %s', (_, content, around, expected) => {
  expect(placesOf('merge-conflict', content, around)).toEqual(expected);
});

test('merge-conflict names the end of the conflict', () => {
  expect(findingsOf('merge-conflict', conflict)[0]).toMatchObject({ line: 1, end_line: 5 });
});

const kib = 1024;

test.each([
  ['small', { size: 500 * kib }, []],
  ['one byte more', { size: 500 * kib + 1 }, ['too-large']],
  ['grown', { size: 600 * kib, status: 'modified', previous_size: 590 * kib }, ['too-large']],
  ['shrunk, still large', { size: 600 * kib, status: 'modified', previous_size: 700 * kib }, []],
  ['moved', { size: 600 * kib, status: 'renamed', previous_size: 600 * kib }, []],
  ['there before', { size: 600 * kib, status: 'unchanged' }, []],
  ['under another limit', { size: 3 * kib, options: { max_kib: 2 } }, ['too-large']],
] as const)('large-files: %s', (_, around, expected) => {
  expect(placesOf('large-files', '', around)).toEqual(expected);
});

test('large-files tells both sizes', () => {
  const around = { size: 600 * kib, status: 'modified', previous_size: 1 } as const;
  expect(findingsOf('large-files', '', around)[0]?.message).toBe('600 KiB, the limit is 500 KiB, it had 1 KiB');
});
