/** The end of a text file: exactly one line ending, unless the file is empty. */
import { defineBuiltin } from '../definition.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export const endOfFile = defineBuiltin({
  id: 'end-of-file',
  description: 'Finds text files that do not end in exactly one line break.',
  tags: ['pre-commit', 'ci'],
  rules: {
    'missing-newline': { severity: 'error', summary: 'The last line has no line break.' },
    'extra-newlines': { severity: 'error', summary: 'The file ends in more than one line break.' },
    'blank-file': { severity: 'warning', summary: 'The file holds nothing but blanks and line breaks.' },
  },
  options: {},
  types: ['text'],
  accepts: [],
  reads: 'content',
  revision: 1,
  start: () => {
    return ({ file, report }) => {
      const { bytes } = file;
      if (bytes.length === 0 || (file.encoding !== 'utf-8' && file.encoding !== 'other')) return;
      let text = bytes.length;
      while (text > 0 && isEnding(bytes[text - 1])) text -= 1;
      if (isBlank(bytes, text)) {
        report({ rule: 'blank-file', message: 'the file holds nothing but blank lines', location: { line: 1 } });
        return;
      }
      if (text === bytes.length) {
        report({ rule: 'missing-newline', message: 'no line break at end of file', location: { at: bytes.length } });
        return;
      }
      const endings = countEndings(bytes, text);
      if (endings === 1) return;
      const first = bytes[text] === carriageReturn && bytes[text + 1] === lineFeed ? text + 2 : text + 1;
      const extra = endings - 1;
      const message = `${extra} blank line${extra === 1 ? '' : 's'} at end of file`;
      report({ rule: 'extra-newlines', message, location: { at: first } });
    };
  },
});

function isEnding(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn;
}

/** Nothing before `end` but blanks, tabs and line ends. */
function isBlank(bytes: Buffer, end: number): boolean {
  for (let index = 0; index < end; index += 1) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x09 && !isEnding(byte)) return false;
  }
  return true;
}

function countEndings(bytes: Buffer, from: number): number {
  let count = 0;
  for (let index = from; index < bytes.length; index += 1) {
    if (bytes[index] === carriageReturn && bytes[index + 1] === lineFeed) index += 1;
    count += 1;
  }
  return count;
}
