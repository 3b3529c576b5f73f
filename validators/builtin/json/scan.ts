/**
 * A JSON reader that only looks for problems: one pass over the text, no values built, no recursion, so depth and
 * length cost nothing but time. Syntax follows RFC 8259; comments and trailing commas are accepted on request. After
 * a syntax problem it stops, since everything behind it would be a guess.
 */
import { SyntaxProblem, scalarEnd, shorten, show, skipBlank, stringEnd } from './tokens.ts';

export interface JsonDialect {
  /** Comments and trailing commas, as in `tsconfig.json`. */
  readonly comments: boolean;
}

export interface JsonProblem {
  readonly rule: 'syntax' | 'duplicate-key' | 'too-deep';
  readonly message: string;
  /** UTF-16 offset of the defect. */
  readonly offset: number;
  /** For a key that stands twice: offset of the first one. */
  readonly first?: number;
}

/** Nesting beyond this is reported. */
export const maxDepth = 200;

/** Reports the problems of a text in the order of their places. */
export function scanJson(text: string, dialect: JsonDialect, report: (problem: JsonProblem) => void): void {
  try {
    scanDocument(text, dialect, report);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    report({ rule: 'syntax', message: error.message, offset: error.offset });
  }
}

/** An open bracket. */
interface Level {
  readonly offset: number;
  /** Keys seen so far with their places; null in an array. */
  readonly keys: Map<string, number> | null;
}

/** What may come next; `first-*` right behind an opening bracket. */
type Expected = 'value' | 'first-value' | 'first-key' | 'key' | 'separator' | 'end';

const comma = 0x2c;
const colon = 0x3a;
const quote = 0x22;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

function scanDocument(text: string, { comments }: JsonDialect, report: (problem: JsonProblem) => void): void {
  const levels: Level[] = [];
  let expected = 'value' as Expected;
  let lastComma = 0;
  let at = skipBlank(text, 0, comments);

  function open(keys: Level['keys']): void {
    levels.push({ offset: at, keys });
    if (levels.length === maxDepth + 1) {
      report({ rule: 'too-deep', message: `nested more than ${maxDepth} levels deep`, offset: at });
    }
    expected = keys ? 'first-key' : 'first-value';
    at += 1;
  }

  function close(): void {
    if ((expected === 'key' || expected === 'value') && !comments) {
      throw new SyntaxProblem('a comma with nothing behind it', lastComma);
    }
    levels.pop();
    expected = levels.length === 0 ? 'end' : 'separator';
    at += 1;
  }

  for (; at < text.length; at = skipBlank(text, at, comments)) {
    const unit = text.charCodeAt(at);
    const level = levels.at(-1);
    const closes = level !== undefined && unit === (level.keys ? closeBrace : closeBracket);
    if (expected === 'end') throw new SyntaxProblem(`${show(text, at)} behind the end of the document`, at);
    if (closes && !isAfterColon(expected, level)) close();
    else if (expected === 'separator') {
      if (unit !== comma) throw missingSeparator(text, at, unit, level);
      lastComma = at;
      at += 1;
      expected = level?.keys ? 'key' : 'value';
    } else if (expected === 'key' || expected === 'first-key') {
      if (unit !== quote) throw new SyntaxProblem(`expected a key in double quotes, found ${show(text, at)}`, at);
      const end = stringEnd(text, at);
      noteKey(text, at, end, level, report);
      at = skipBlank(text, end, comments);
      if (text.charCodeAt(at) !== colon) throw missingColon(text, at, end);
      at += 1;
      expected = 'value';
    } else if (unit === openBrace) open(new Map());
    else if (unit === openBracket) open(null);
    else {
      at = scalarEnd(text, at);
      expected = levels.length === 0 ? 'end' : 'separator';
    }
  }
  if (expected !== 'end') throw unexpectedEnd(text, levels.at(-1));
}

/** In an object a value is expected only behind a colon, where nothing can close. */
function isAfterColon(expected: Expected, level: Level): boolean {
  return expected === 'value' && level.keys !== null;
}

function noteKey(
  text: string,
  start: number,
  end: number,
  level: Level | undefined,
  report: (problem: JsonProblem) => void,
): void {
  const raw = text.slice(start + 1, end - 1);
  const key = raw.includes('\\') ? String(JSON.parse(text.slice(start, end))) : raw;
  const first = level?.keys?.get(key);
  if (first === undefined) level?.keys?.set(key, start);
  else report({ rule: 'duplicate-key', message: `the key "${shorten(raw)}" stands twice`, offset: start, first });
}

function missingSeparator(text: string, at: number, unit: number, level: Level | undefined): SyntaxProblem {
  const closing = level?.keys ? '}' : ']';
  const wrongBracket = unit === closeBrace || unit === closeBracket;
  const wanted = wrongBracket ? closing : `a comma or ${closing}`;
  return new SyntaxProblem(`expected ${wanted}, found ${show(text, at)}`, at);
}

function missingColon(text: string, at: number, keyEnd: number): SyntaxProblem {
  return at >= text.length
    ? new SyntaxProblem('the file ends behind a key', keyEnd)
    : new SyntaxProblem(`expected a colon behind the key, found ${show(text, at)}`, at);
}

function unexpectedEnd(text: string, level: Level | undefined): SyntaxProblem {
  const end = text.trimEnd().length;
  if (level === undefined) return new SyntaxProblem('there is no value', end);
  const line = text.slice(0, level.offset).split(/\r\n|\r|\n/).length;
  return new SyntaxProblem(`the file ends before the ${level.keys ? '{' : '['} of line ${line} is closed`, end);
}
