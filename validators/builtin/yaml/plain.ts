/**
 * A quick answer for plain YAML: block mappings and sequences, one-line scalars and flow collections, block text,
 * comments. It answers true only when the document is certainly valid, without double keys, tabs, anchors, aliases or
 * tags; anything it does not know for sure is left to the full parser, which is some thirty times slower (60 files of
 * 160 lines: 110 ms against 4). A property test holds that it never says yes where the parser says no.
 */
import { FlowReader, isPlainKey, isSafeScalar, quotedEnd } from './plain-scalars.ts';

interface Block {
  readonly indent: number;
  /** Keys of a mapping; null for a sequence. */
  readonly keys: Set<string> | null;
}

/** Whether the text is certainly one or more valid, harmless documents. */
export function isPlainYaml(text: string, multiDocument: boolean): boolean {
  // oxlint-disable-next-line no-control-regex
  if (/[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/.test(text)) return false;
  return new PlainReader(text, multiDocument).read();
}

/** Goes through the lines; every method answers false as soon as it is not sure. */
class PlainReader {
  readonly #lines: readonly string[];
  readonly #multiDocument: boolean;
  #next = 0;
  #blocks: Block[] = [];
  /** The last key or dash had nothing behind it: a deeper block may follow. */
  #open = false;

  constructor(text: string, multiDocument: boolean) {
    this.#lines = text.split('\n');
    this.#multiDocument = multiDocument;
  }

  read(): boolean {
    let documents = 1;
    let started = false;
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next] ?? '';
      this.#next += 1;
      const indent = indentOf(line);
      if (indent === line.length || line[indent] === '#') continue;
      if (line.startsWith('---')) {
        if (line.trimEnd() !== '---') return false;
        if (started) documents += 1;
        if (documents > 1 && !this.#multiDocument) return false;
        this.#blocks = [];
        this.#open = false;
        started = true;
        continue;
      }
      if (line.startsWith('...')) return false;
      started = true;
      if (!this.#readLine(line, indent)) return false;
    }
    return true;
  }

  #readLine(line: string, indent: number): boolean {
    const isItem = isDash(line, indent);
    const parent = this.#blocks.at(-1);
    const opens =
      this.#open &&
      parent !== undefined &&
      (indent > parent.indent || (indent === parent.indent && isItem && parent.keys !== null));
    if (parent === undefined || opens) {
      // The first line of the document, or the block that a key or dash announced.
      this.#blocks.push({ indent, keys: isItem ? null : new Set() });
    } else {
      while (isAbove(this.#blocks.at(-1), indent, isItem)) this.#blocks.pop();
    }
    const block = this.#blocks.at(-1);
    if (block?.indent !== indent || (block.keys === null) !== isItem) return false;
    this.#open = false;
    return isItem ? this.#readItem(line, indent) : this.#readEntry(line, indent, block.keys);
  }

  /** `- ...`: a nested block may begin on the same line. */
  #readItem(line: string, indent: number): boolean {
    let start = indent + 1;
    while (line[start] === ' ') start += 1;
    if (start >= line.length || line[start] === '#') {
      this.#open = true;
      return true;
    }
    if (isDash(line, start)) {
      this.#blocks.push({ indent: start, keys: null });
      return this.#readItem(line, start);
    }
    if (keyEnd(line, start) >= 0) {
      const keys = new Set<string>();
      this.#blocks.push({ indent: start, keys });
      return this.#readEntry(line, start, keys);
    }
    return this.#readValue(line, start, indent);
  }

  #readEntry(line: string, start: number, keys: Set<string> | null): boolean {
    const end = keyEnd(line, start);
    if (end < 0 || keys === null) return false;
    const key = line[start] === '"' || line[start] === "'" ? line.slice(start + 1, end - 1) : line.slice(start, end);
    if (keys.has(key)) return false;
    keys.add(key);
    let value = end + 1;
    while (line[value] === ' ') value += 1;
    if (value >= line.length || line[value] === '#') {
      this.#open = true;
      return true;
    }
    return this.#readValue(line, value, start);
  }

  /** A value on the rest of the line; `indent` is that of the entry it belongs to. */
  #readValue(line: string, start: number, indent: number): boolean {
    const first = line[start];
    if (first === '|' || first === '>')
      return /^[|>][+-]?(?: +#.*| *)$/.test(line.slice(start)) && this.#skipText(indent);
    if (first === '"' || first === "'") return isRest(line, quotedEnd(line, start));
    if (first === '[' || first === '{') return isRest(line, new FlowReader(line).end(start));
    const comment = line.indexOf(' #', start);
    return isSafeScalar((comment < 0 ? line.slice(start) : line.slice(start, comment)).trimEnd());
  }

  /** Lines of block text: all that are indented at least as far as the first. */
  #skipText(indent: number): boolean {
    let depth = -1;
    for (; this.#next < this.#lines.length; this.#next += 1) {
      const line = this.#lines[this.#next] ?? '';
      const here = indentOf(line);
      if (here === line.length) {
        // A blank line that reaches further than the text is a matter for the parser.
        if (depth < 0 && here > 0) return false;
        continue;
      }
      if (depth < 0 && here > indent) depth = here;
      if (here <= indent) return true;
      if (here < depth) return false;
    }
    return true;
  }
}

/** A block that a line of this indentation has left: a deeper one, or a sequence that stood level with its key. */
function isAbove(block: Block | undefined, indent: number, isItem: boolean): boolean {
  return block !== undefined && (block.indent > indent || (block.indent === indent && block.keys === null && !isItem));
}

function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 0x20) indent += 1;
  return indent;
}

function isDash(line: string, at: number): boolean {
  return line[at] === '-' && (line[at + 1] === ' ' || at + 1 === line.length);
}

/** Offset of the colon behind a key that begins at `start`; -1 when there is no simple key. */
function keyEnd(line: string, start: number): number {
  if (line[start] === '"' || line[start] === "'") {
    const end = quotedEnd(line, start);
    const simple = end > 0 && !/["'\\]/.test(line.slice(start + 1, end - 1));
    return simple && line[end] === ':' && (end + 1 === line.length || line[end + 1] === ' ') ? end : -1;
  }
  for (let colon = line.indexOf(':', start); colon >= 0; colon = line.indexOf(':', colon + 1)) {
    if (colon + 1 < line.length && line[colon + 1] !== ' ') continue;
    return isPlainKey(line.slice(start, colon)) ? colon : -1;
  }
  return -1;
}

/** Nothing but blanks and a comment from here. */
function isRest(line: string, end: number): boolean {
  return end > 0 && /^(?: +#.*| *)$/.test(line.slice(end));
}
