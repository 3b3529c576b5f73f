/**
 * Reads JSON (RFC 8259) with what `JSON.parse` keeps to itself: the position of every member, and duplicate
 * keys. Nesting is bounded while reading, so hostile text cannot exhaust the stack.
 */
import { documentLimits } from '../../../contracts/component-values.ts';
import { quote } from '../../json/values.ts';
import { type ParsedText, unreadable } from './parsed-text.ts';
import { type Path, PositionTable } from './positions.ts';

/** Parses JSON text. Never throws; problems are SC001, MD002 or SC006. */
export function parseJsonText(text: string): ParsedText {
  const positions = new PositionTable(text);
  const reader = new JsonReader(text, positions);
  try {
    if (text.trim() === '') throw new Refusal('MD002', 'the document is empty', 0);
    const document = reader.document();
    return { document, issues: [], locate: (path) => positions.locate(path) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const position = positions.at(error.offset);
    return unreadable([{ code: error.code, severity: 'error', path: '', message: error.message, ...position }]);
  }
}

/** Ends the reading; never leaves this file. */
class Refusal extends Error {
  readonly code: 'SC001' | 'SC006' | 'MD002';
  readonly offset: number;

  constructor(code: 'SC001' | 'SC006' | 'MD002', message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

const tokens = {
  blank: /[ \t\n\r]*/y,
  string: /"(?:[^"\\]|\\.)*"/sy,
  number: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y,
  word: /true|false|null/y,
} as const;

class JsonReader {
  readonly #text: string;
  readonly #positions: PositionTable;
  #offset = 0;

  constructor(text: string, positions: PositionTable) {
    this.#text = text;
    this.#positions = positions;
  }

  document(): unknown {
    this.#skipBlank();
    this.#positions.record([], this.#offset);
    const value = this.#value([]);
    this.#skipBlank();
    if (this.#offset < this.#text.length) throw this.#unexpected('the end of the document');
    return value;
  }

  #value(path: Path): unknown {
    switch (this.#text[this.#offset]) {
      case '{':
        return this.#mapping(path);
      case '[':
        return this.#list(path);
      case '"':
        return this.#string();
      default:
        return this.#literal();
    }
  }

  #mapping(path: Path): unknown {
    const members = new Map<string, unknown>();
    this.#entries(path, '}', () => {
      const start = this.#offset;
      if (this.#text[start] !== '"') throw this.#unexpected('a key in double quotes');
      const key = this.#string();
      const at = [...path, key];
      if (members.has(key)) throw new Refusal('SC001', `the key ${quote(key)} stands here twice`, start);
      this.#positions.record(at, start);
      this.#skipBlank();
      if (this.#text[this.#offset] !== ':') throw this.#unexpected('a colon');
      this.#offset++;
      this.#skipBlank();
      members.set(key, this.#value(at));
    });
    return Object.fromEntries(members);
  }

  #list(path: Path): unknown[] {
    const items: unknown[] = [];
    this.#entries(path, ']', () => {
      const at = [...path, items.length];
      this.#positions.record(at, this.#offset);
      items.push(this.#value(at));
    });
    return items;
  }

  /** Entries between brackets, separated by commas, none after the last one. */
  #entries(path: Path, closing: '}' | ']', readEntry: () => void): void {
    if (path.length >= documentLimits.nesting) {
      throw new Refusal('SC006', `more than ${String(documentLimits.nesting)} levels of nesting`, this.#offset);
    }
    this.#offset++;
    this.#skipBlank();
    if (this.#text[this.#offset] === closing) {
      this.#offset++;
      return;
    }
    for (;;) {
      readEntry();
      this.#skipBlank();
      const next = this.#text[this.#offset];
      if (next !== ',' && next !== closing) throw this.#unexpected(`a comma or ${closing}`);
      this.#offset++;
      if (next === closing) return;
      this.#skipBlank();
    }
  }

  #string(): string {
    const start = this.#offset;
    const raw = this.#match(tokens.string);
    const text: unknown = raw === null ? null : parseToken(raw);
    if (typeof text === 'string') return text;
    this.#offset = start;
    throw this.#unexpected('a complete text in double quotes, control characters escaped,');
  }

  #literal(): unknown {
    const raw = this.#match(tokens.number) ?? this.#match(tokens.word);
    if (raw === null) throw this.#unexpected('a value');
    return JSON.parse(raw);
  }

  #skipBlank(): void {
    this.#match(tokens.blank);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#offset += match[0].length;
    return match[0];
  }

  #unexpected(expected: string): Refusal {
    const found = this.#text[this.#offset];
    const what = found === undefined ? 'the text ends' : `${quote(found)} stands`;
    return new Refusal('SC001', `${what} where ${expected} is expected`, this.#offset);
  }
}

/** Escapes and control characters are the business of the standard parser; null when it refuses them. */
function parseToken(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return null;
  }
}
