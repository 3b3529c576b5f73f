/**
 * How many terminal columns a text takes. Latin text counts one per character; East Asian wide characters
 * and emoji count two, combining marks none. Good enough for columns; no table of the whole standard.
 */

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}$/u;

/** Display columns of `text`, which must hold no control characters. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  let joined = false;
  for (const character of text) {
    if (character === '\u200d') joined = true;
    else if (!zeroWidth.test(character)) {
      width += joined ? 0 : wide.test(character) ? 2 : 1;
      joined = false;
    }
  }
  return width;
}

/** Pads with blanks on the right to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Pads with blanks on the left to `width` columns. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** Shortens to `width` columns, the last one an ellipsis when something was cut. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const [head] = split(text, Math.max(0, width - 1));
  return `${head}…`;
}

/**
 * Breaks into lines of at most `width` columns, at blanks where possible, inside a word where not; no
 * character is lost except the blank at a break.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (displayWidth(rest) > width) {
    const [head, tail] = split(rest, Math.max(1, width));
    const blank = head.lastIndexOf(' ');
    const atBlank = tail.startsWith(' ') ? head.length : blank;
    if (atBlank > 0) {
      lines.push(rest.slice(0, atBlank).trimEnd());
      rest = rest.slice(atBlank).trimStart();
    } else {
      lines.push(head);
      rest = tail;
    }
  }
  return [...lines, rest];
}

/** Puts parts side by side with `gap` between them; one that does not fit any more begins the next line. */
export function flow(parts: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : last + gap + part;
    if (last !== undefined && displayWidth(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines.flatMap((line) => wrap(line, width));
}

/** The longest start of at most `width` columns (at least one character), and the remainder. */
function split(text: string, width: number): [string, string] {
  let head = '';
  for (const character of text) {
    if (head !== '' && displayWidth(head + character) > width) break;
    head += character;
  }
  return [head, text.slice(head.length)];
}
