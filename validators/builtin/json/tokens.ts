/** The words of JSON: where a string, a number, a blank or a comment ends, and what is wrong when it does not. */

/** A defect at which reading stops. */
export class SyntaxProblem extends Error {
  /** UTF-16 offset of the defect. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+$-])/y;
const wordPattern = /[\w.+$-]*/y;

/** Offset behind the literal, number or string that begins at `at`. */
export function scalarEnd(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit === quote) return stringEnd(text, at);
  const isNumber = unit === 0x2d || (unit >= 0x30 && unit <= 0x39);
  numberPattern.lastIndex = at;
  if (isNumber && numberPattern.test(text)) return numberPattern.lastIndex;
  wordPattern.lastIndex = at;
  const word = wordPattern.exec(text)?.[0] ?? '';
  if (word === 'true' || word === 'false' || word === 'null') return at + word.length;
  if (isNumber) throw new SyntaxProblem(`not a valid number: ${shorten(word)}`, at);
  if (word !== '') throw new SyntaxProblem(`not a valid value: ${shorten(word)}`, at);
  throw new SyntaxProblem(`expected a value, found ${show(text, at)}`, at);
}

/** Offset behind the closing quote of the string that opens at `start`. */
export function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === quote) return at + 1;
    if (unit === backslash) at = escapeEnd(text, at);
    else if (unit >= 0x20) at += 1;
    else if (unit === 0x0a || unit === 0x0d) break;
    else throw new SyntaxProblem(`a control character (${codePoint(unit)}) inside a string`, at);
  }
  throw new SyntaxProblem('a string is not closed on its line', start);
}

function escapeEnd(text: string, at: number): number {
  const letter = text.charAt(at + 1);
  if (letter !== '' && '"\\/bfnrt'.includes(letter)) return at + 2;
  if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) return at + 6;
  const shown = text.slice(at, at + (letter === 'u' ? 6 : 2)).split(/[\r\n]/, 1)[0] ?? '';
  throw new SyntaxProblem(`not a valid escape: ${shown}`, at);
}

/** Offset of the next unit that is no blank and, where they are allowed, no comment. */
export function skipBlank(text: string, from: number, comments: boolean): number {
  let at = from;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09) at += 1;
    else if (unit === 0x2f && (text[at + 1] === '/' || text[at + 1] === '*')) {
      if (!comments) throw new SyntaxProblem('comments are not allowed in JSON', at);
      at = commentEnd(text, at);
    } else return at;
  }
}

function commentEnd(text: string, at: number): number {
  if (text[at + 1] === '/') {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  const end = text.indexOf('*/', at + 2);
  if (end < 0) throw new SyntaxProblem('a comment is not closed', at);
  return end + 2;
}

/** The character at an offset, for a message. */
export function show(text: string, at: number): string {
  const value = text.codePointAt(at) ?? 0;
  const character = String.fromCodePoint(value);
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u0020\u007f-\u00a0\u2028\u2029\ufeff\ufffd]/.test(character)
    ? codePoint(value)
    : JSON.stringify(character);
}

/** At most 60 characters. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function codePoint(value: number): string {
  return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
}
