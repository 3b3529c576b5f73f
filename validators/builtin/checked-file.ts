/**
 * One file as the checks see it: bytes, text and positions, each worked out once and only if a check asks. Lines end
 * at LF, CR LF or a lone CR; columns count UTF-16 units from 1.
 */
import { isUtf8 } from 'node:buffer';
import { sniffContent } from '../../domain/stage/file-types.ts';
import type { FileFacts } from './definition.ts';

interface Position {
  readonly line: number;
  readonly column: number;
}

type TextEncodingName = 'utf-8' | 'utf-16le' | 'utf-16be' | 'other' | 'binary';

export interface CheckedFile extends FileFacts {
  readonly bytes: Buffer;
  /** `other`: ASCII-compatible, but not valid UTF-8. */
  readonly encoding: TextEncodingName;
  /** The whole content as text; bytes that are not valid in its encoding are replaced. */
  readonly text: string;
  /** Position of a byte. */
  positionOfByte(offset: number): Position;
  /** Position of a UTF-16 unit of `text`. */
  positionInText(offset: number): Position;
  /** A line without its ending; empty beyond the last. */
  lineText(line: number): string;
  /** Whether the content holds these ASCII characters. */
  includes(ascii: string): boolean;
}

/** Prepares a file; nothing is decoded yet. */
export function checkedFile(facts: FileFacts, bytes: Buffer): CheckedFile {
  const encoding = lazy(() => encodingOf(bytes));
  const text = lazy(() => decode(bytes, encoding()));
  const byteLines = lazy(() => lineStarts(bytes.length, (index) => bytes[index] ?? 0));
  const textLines = lazy(() => lineStarts(text().length, (index) => text().charCodeAt(index)));
  const columns = columnCounter(bytes);
  const wide = () => encoding() === 'utf-16le' || encoding() === 'utf-16be';
  const readLine = (line: number): string => {
    if (wide()) return withoutEnding(text().slice(textLines()[line - 1] ?? text().length, textLines()[line]));
    const start = byteLines()[line - 1];
    return start === undefined ? '' : withoutEnding(bytes.toString('utf8', start, byteLines()[line]));
  };
  // Thousands of problems may stand on one very long line.
  let lastLine = { line: 0, text: '' };
  return {
    ...facts,
    bytes,
    get encoding() {
      return encoding();
    },
    get text() {
      return text();
    },
    positionOfByte(offset) {
      const line = lineAt(byteLines(), offset);
      return { line, column: columns(byteLines()[line - 1] ?? 0, offset) };
    },
    positionInText(offset) {
      const line = lineAt(textLines(), offset);
      return { line, column: offset - (textLines()[line - 1] ?? 0) + 1 };
    },
    lineText(line) {
      if (lastLine.line !== line) lastLine = { line, text: readLine(line) };
      return lastLine.text;
    },
    includes: (ascii) => (wide() ? text().includes(ascii) : bytes.includes(ascii, 0, 'latin1')),
  };
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

function encodingOf(bytes: Buffer): TextEncodingName {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (sniffContent(bytes).encoding === 'binary') return 'binary';
  return isUtf8(bytes) ? 'utf-8' : 'other';
}

function decode(bytes: Buffer, encoding: TextEncodingName): string {
  if (encoding === 'utf-16le') return bytes.toString('utf16le');
  if (encoding === 'utf-16be')
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return bytes.toString('utf8');
}

/** Offsets at which lines begin. */
function lineStarts(length: number, unit: (index: number) => number): number[] {
  const starts = [0];
  for (let index = 0; index < length; index += 1) {
    const here = unit(index);
    if (here === lineFeed || (here === carriageReturn && unit(index + 1) !== lineFeed)) starts.push(index + 1);
  }
  return starts;
}

/** 1-based line of an offset, by bisection. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/**
 * Columns of bytes. Goes on from the last answer, so that thousands of problems on one very long line cost one walk
 * along it and not one each.
 */
function columnCounter(bytes: Buffer): (lineStart: number, offset: number) => number {
  let from = 0;
  let start = -1;
  let units = 0;
  return (lineStart, offset) => {
    if (lineStart !== start || offset < from) {
      start = lineStart;
      from = lineStart;
      units = 0;
    }
    units += bytes.toString('utf8', from, offset).length;
    from = offset;
    return units + 1;
  };
}

function withoutEnding(line: string): string {
  return line.replace(/\r?\n$|\r$/, '');
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
