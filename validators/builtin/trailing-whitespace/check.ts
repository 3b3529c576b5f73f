/**
 * Blanks and tabs at the end of a line. Markdown keeps exactly two blanks after text, its hard line break; more are one
 * too many.
 */
import { defineBuiltin } from '../definition.ts';

const blank = 0x20;
const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export const trailingWhitespace = defineBuiltin({
  id: 'trailing-whitespace',
  description: 'Finds blanks and tabs at the end of lines.',
  tags: ['pre-commit', 'ci'],
  rules: { 'blank-at-eol': { severity: 'error', summary: 'A line ends in blanks or tabs.' } },
  options: {
    markdown: {
      kind: 'choice',
      default: 'keep-two',
      values: ['keep-two', 'strip'],
      description: 'Whether exactly two blanks at the end of a line of Markdown may stay.',
    },
    chars: { kind: 'list', default: ['blank', 'tab'], description: 'What counts: blank, tab.' },
  },
  types: ['text'],
  accepts: [],
  reads: 'content',
  revision: 1,
  start: (options) => {
    const blanks = options.chars.includes('blank');
    const tabs = options.chars.includes('tab');
    const counts = (byte: number | undefined) => (byte === blank && blanks) || (byte === tab && tabs);
    return ({ file, report }) => {
      if (file.encoding !== 'utf-8' && file.encoding !== 'other') return;
      const { bytes } = file;
      const keepTwo = options.markdown === 'keep-two' && file.types.includes('markdown');
      for (let end = 0; end <= bytes.length; end += 1) {
        const byte = bytes[end];
        if (byte !== lineFeed && byte !== carriageReturn && end < bytes.length) continue;
        if (!counts(bytes[end - 1])) continue;
        let start = end - 1;
        while (start > 0 && counts(bytes[start - 1])) start -= 1;
        const afterText = start > 0 && bytes[start - 1] !== lineFeed && bytes[start - 1] !== carriageReturn;
        const two = keepTwo && afterText && bytes[end - 1] === blank && bytes[end - 2] === blank && end - start >= 2;
        if (two && end - start === 2) continue;
        report({
          rule: 'blank-at-eol',
          message: `${describe(bytes, start, end)} at end of line${two ? ', Markdown keeps two' : ''}`,
          location: { at: start, to: end },
        });
      }
    };
  },
});

function describe(bytes: Buffer, start: number, end: number): string {
  const run = bytes.subarray(start, end);
  const count = (word: string) => `${run.length} ${word}${run.length === 1 ? '' : 's'}`;
  if (run.every((byte) => byte === blank)) return count('blank');
  return run.every((byte) => byte === tab) ? count('tab') : `${run.length} blanks and tabs`;
}
