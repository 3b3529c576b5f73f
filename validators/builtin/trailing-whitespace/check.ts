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
      for (const end of lineEnds(bytes)) {
        if (end === 0 || !counts(bytes[end - 1])) continue;
        let start = end - 1;
        while (start > 0 && counts(bytes[start - 1])) start -= 1;
        const two = keepTwo && isAfterText(bytes, start) && end - start >= 2 && isBlankPair(bytes, end);
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

/** Where each line ends, its line break not included. */
function* lineEnds(bytes: Buffer): Generator<number> {
  // A search for one byte is many times faster than a look at each; CR on its own is rare.
  const returns = bytes.includes(carriageReturn);
  let start = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    if (returns) yield* lineEndsAtReturns(bytes, start, end);
    if (end > start && bytes[end - 1] === carriageReturn) yield end - 1;
    else yield end;
    start = end + 1;
  }
  // At the very end there is no LF that a CR could belong to.
  if (returns) yield* lineEndsAtReturns(bytes, start, bytes.length + 1);
  yield bytes.length;
}

/** Lone CRs between two offsets; one right before `to` belongs to the LF there. */
function* lineEndsAtReturns(bytes: Buffer, from: number, to: number): Generator<number> {
  for (
    let at = bytes.indexOf(carriageReturn, from);
    at >= 0 && at < to - 1;
    at = bytes.indexOf(carriageReturn, at + 1)
  ) {
    yield at;
  }
}

function isAfterText(bytes: Buffer, start: number): boolean {
  return start > 0 && bytes[start - 1] !== lineFeed && bytes[start - 1] !== carriageReturn;
}

function isBlankPair(bytes: Buffer, end: number): boolean {
  return bytes[end - 1] === blank && bytes[end - 2] === blank;
}

function describe(bytes: Buffer, start: number, end: number): string {
  const run = bytes.subarray(start, end);
  const count = (word: string) => `${run.length} ${word}${run.length === 1 ? '' : 's'}`;
  if (run.every((byte) => byte === blank)) return count('blank');
  return run.every((byte) => byte === tab) ? count('tab') : `${run.length} blanks and tabs`;
}
