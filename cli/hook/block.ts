/**
 * The marked block inside a hook file: putting it in, finding it, taking it out again so that the rest is
 * byte-identical. Files are handled as latin1 text, which keeps every byte.
 */

export const blockStart = '# >>> omnibase >>>';
export const blockEnd = '# <<< omnibase <<<';

export interface FoundBlock {
  readonly start: number;
  /** Behind the line end that follows the closing marker. */
  readonly end: number;
}

/** Where the block stands in a file, or null. A start without an end counts as none. */
export function findBlock(file: string): FoundBlock | null {
  const start = lineWith(file, blockStart, 0);
  if (start < 0) return null;
  const endLine = lineWith(file, blockEnd, start);
  if (endLine < 0) return null;
  const lineEnd = file.indexOf('\n', endLine);
  return { start, end: lineEnd < 0 ? file.length : lineEnd + 1 };
}

/** Puts `block` (with its markers, ending in a newline) after the shebang, or in place of the old block. */
export function putBlock(file: string, block: string): string {
  const found = findBlock(file);
  if (found !== null) return file.slice(0, found.start) + block + file.slice(found.end);
  if (!file.startsWith('#!')) return block + file;
  const lineEnd = file.indexOf('\n');
  return lineEnd < 0 ? `${file}\n${block}` : file.slice(0, lineEnd + 1) + block + file.slice(lineEnd + 1);
}

/** The file without the block; what was there before the block was put in, byte by byte. */
export function removeBlock(file: string): string {
  const found = findBlock(file);
  return found === null ? file : file.slice(0, found.start) + file.slice(found.end);
}

/** Index of the first line that is exactly `marker`, from `from` on; -1 without one. */
function lineWith(file: string, marker: string, from: number): number {
  for (let at = file.indexOf(marker, from); at >= 0; at = file.indexOf(marker, at + 1)) {
    const before = at === 0 || file[at - 1] === '\n';
    const after = file[at + marker.length];
    if (before && (after === undefined || after === '\n' || after === '\r')) return at;
  }
  return -1;
}
