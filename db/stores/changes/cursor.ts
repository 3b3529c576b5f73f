/**
 * A place in the change log (registry.md 4, 5.7): epoch, transaction and sequence, given out as opaque text.
 * Everything at or before a cursor has been seen.
 */
import { OmniBaseError } from '../../../contracts/error.ts';

export interface ChangeCursor {
  readonly epoch: number;
  /** Transaction id; below 2^53 for as long as a server lives. */
  readonly txid: number;
  readonly seq: number;
}

export function encodeCursor({ epoch, txid, seq }: ChangeCursor): string {
  return `${epoch}.${txid}.${seq}`;
}

/** @throws RG017 when the text is no cursor: whoever holds it has to read everything again */
export function decodeCursor(text: string): ChangeCursor {
  const parts = /^(\d{1,9})\.(\d{1,15})\.(\d{1,15})$/.exec(text);
  if (parts === null) throw new OmniBaseError('RG017', { details: { cursor: text, resync: true } });
  return { epoch: Number(parts[1]), txid: Number(parts[2]), seq: Number(parts[3]) };
}
