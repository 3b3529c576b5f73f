/** Formats that are UTF-8 by definition: where a file stops being it. */
import { isUtf8 } from 'node:buffer';
import type { CheckedFile } from './checked-file.ts';

/** The first byte that is not part of UTF-8 text, or null. */
export function firstInvalidByte(file: CheckedFile): { readonly offset: number; readonly message: string } | null {
  if (file.encoding === 'utf-16le' || file.encoding === 'utf-16be') {
    return { offset: 0, message: 'the file is UTF-16, not UTF-8' };
  }
  if (isUtf8(file.bytes)) return null;
  return { offset: validPrefix(file.bytes), message: 'a byte that is not valid UTF-8' };
}

/** Length of the longest prefix of whole characters (table 3-7 of the Unicode standard). */
function validPrefix(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const [length, low, high] = leadRow(lead);
  if (length === 0) return 0;
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (byte < (index === 1 ? low : 0x80) || byte > (index === 1 ? high : 0xbf)) return 0;
  }
  return length;
}

/** Length of the sequence and the range of its second byte. */
function leadRow(lead: number): readonly [length: number, low: number, high: number] {
  if (lead < 0xc2 || lead > 0xf4) return [0, 0, 0];
  if (lead < 0xe0) return [2, 0x80, 0xbf];
  if (lead < 0xf0) return [3, lead === 0xe0 ? 0xa0 : 0x80, lead === 0xed ? 0x9f : 0xbf];
  return [4, lead === 0xf0 ? 0x90 : 0x80, lead === 0xf4 ? 0x8f : 0xbf];
}
