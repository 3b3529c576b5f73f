/**
 * Makes text from outside (file names, findings, messages) safe to print: control bytes become `\xNN`, so
 * that no file name can move the cursor, change the title or turn the reading direction (stages.md 4.2).
 */

/** C0 and C1 controls, DEL, line and paragraph separators, and everything that reorders or hides text. */
// oxlint-disable-next-line no-control-regex -- finding them is the purpose
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** Shows control characters of `text` as the bytes of their UTF-8 form. */
export function safeText(text: string): string {
  return text.replace(unsafe, (character) => bytesAsText(Buffer.from(character)));
}

/** Like `safeText`, but line ends separate lines; other text is made safe line by line. */
export function safeLines(text: string): string[] {
  return text.split(/\r?\n/).map(safeText);
}

/**
 * A path as people should see it.
 *
 * @param path the UTF-8 form
 * @param exact base64 of the exact bytes, when they are not UTF-8; those bytes show as `\xNN`
 */
export function safePath(path: string, exact?: string): string {
  return exact === undefined ? safeText(path) : safeBytes(Buffer.from(exact, 'base64'));
}

function safeBytes(bytes: Buffer): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let out = '';
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    const part = bytes.subarray(at, at + length);
    const decoded = decode(strict, part);
    out += decoded === null ? bytesAsText(bytes.subarray(at, at + 1)) : safeText(decoded);
    at += decoded === null ? 1 : length;
  }
  return out;
}

function decode(decoder: { decode(bytes: Uint8Array): string }, bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function bytesAsText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
