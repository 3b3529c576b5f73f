/** Where the members of a document stand in its source text, so that every issue can name line and column. */

export type Path = readonly (string | number)[];

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds the position of a member, or of the nearest member around it; undefined when nothing is known. */
export type Locate = (path: Path) => Position | undefined;

/** Collects offsets while a document is read, and answers positions afterwards. */
export class PositionTable {
  readonly #offsets = new Map<string, number>();
  readonly #text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Remembers where the member at `path` begins. */
  record(path: Path, offset: number): void {
    this.#offsets.set(pathKey(path), offset);
  }

  /** Position of the member, else of the nearest member around it that is known. */
  locate(path: Path): Position | undefined {
    for (let length = path.length; length >= 0; length--) {
      const offset = this.#offsets.get(pathKey(path.slice(0, length)));
      if (offset !== undefined) return this.at(offset);
    }
    return undefined;
  }

  /** Line and column of an offset into the text. */
  at(offset: number): Position {
    const starts = (this.#lineStarts ??= findLineStarts(this.#text));
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }
}

/** No path segment holds U+0000: documents with it are refused. */
function pathKey(path: Path): string {
  return path.join('\u0000');
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}
