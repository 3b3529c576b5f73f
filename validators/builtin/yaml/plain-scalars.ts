/** Scalars and one-line flow collections that are certainly valid; see `plain.ts`. */

/**
 * A plain key whose text is its value: words that mean a number, a truth value or null compare by that value instead
 * (`1` and `1.0` are one key), so they are left to the parser, except ordinary whole numbers.
 */
export function isPlainKey(key: string): boolean {
  if (key.length > 200 || !/^[A-Za-z0-9_/.$(]/.test(key) || !/^[\w ./$()+=<>~^-]*[\w./$)+=<>~^-]$/.test(key))
    return false;
  if (/^[0-9.+-]/.test(key))
    return (
      /^(?:0|[1-9]\d{0,14})$/.test(key) || (/^\d+[A-Za-z_ ][\w ]*$/.test(key) && !/^0[xob]|^\d+[eE]\d*$/.test(key))
    );
  return !/^(?:true|false|null|~)$/i.test(key);
}

/** Plain text on one line that nothing in YAML gives a meaning to. */
export function isSafeScalar(text: string): boolean {
  if (!/^[A-Za-z0-9_./$+(<=^~;\u00a1-\u1fff-]/.test(text)) return false;
  // `- x`, `? x`, `---` and `...` begin other things.
  if (/^-(?: |$)|^---|^\.\.\./.test(text)) return false;
  return !text.includes(': ') && !text.includes(' #') && !text.endsWith(':');
}

/** Offset behind a one-line quoted scalar; -1 when it does not end here or holds an unusual escape. */
export function quotedEnd(line: string, start: number): number {
  if (line[start] === "'") {
    for (let at = start + 1; at < line.length; at += 1) {
      if (line[at] !== "'") continue;
      if (line[at + 1] !== "'") return at + 1;
      at += 1;
    }
    return -1;
  }
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === '"') return at + 1;
    if (line[at] !== '\\') continue;
    at += 1;
    if (!'"\\/nrt0'.includes(line[at] ?? '?')) return -1;
  }
  return -1;
}

const maxFlowDepth = 20;

/** Reads a flow collection that ends on its line. */
export class FlowReader {
  readonly #line: string;

  constructor(line: string) {
    this.#line = line;
  }

  /** Offset behind the collection that opens at `start`; -1 when not sure. */
  end(start: number, depth = 0): number {
    if (depth > maxFlowDepth) return -1;
    const isMap = this.#line[start] === '{';
    const closing = isMap ? '}' : ']';
    const keys = new Set<string>();
    let at = this.#skip(start + 1);
    if (this.#line[at] === closing) return at + 1;
    for (;;) {
      if (isMap) {
        at = this.#key(at, keys);
        if (at < 0) return -1;
      }
      at = this.#skip(this.#value(at, depth));
      if (at <= 0) return -1;
      if (this.#line[at] === closing) return at + 1;
      if (this.#line[at] !== ',') return -1;
      at = this.#skip(at + 1);
    }
  }

  /** Offset of the value behind `key: `. */
  #key(start: number, keys: Set<string>): number {
    const quoted = this.#line[start] === '"' || this.#line[start] === "'";
    const end = quoted ? quotedEnd(this.#line, start) : this.#wordEnd(start);
    if (end < 0 || this.#line[end] !== ':' || this.#line[end + 1] !== ' ') return -1;
    const key = quoted ? this.#line.slice(start + 1, end - 1) : this.#line.slice(start, end);
    if (quoted ? /["'\\]/.test(key) : !isPlainKey(key)) return -1;
    if (keys.has(key)) return -1;
    keys.add(key);
    return this.#skip(end + 1);
  }

  #value(start: number, depth: number): number {
    const first = this.#line[start];
    if (first === '[' || first === '{') return this.end(start, depth + 1);
    if (first === '"' || first === "'") return quotedEnd(this.#line, start);
    const end = this.#wordEnd(start);
    return end > start && isSafeScalar(this.#line.slice(start, end).trimEnd()) ? end : -1;
  }

  /** End of plain text inside a flow collection; only characters without meaning count. */
  #wordEnd(start: number): number {
    const word = /[\w ./$+()<=>^~@-]*/y;
    word.lastIndex = start;
    word.test(this.#line);
    let end = word.lastIndex;
    while (end > start && this.#line[end - 1] === ' ') end -= 1;
    return end;
  }

  #skip(at: number): number {
    if (at < 0) return -1;
    let next = at;
    while (this.#line[next] === ' ') next += 1;
    return next;
  }
}
