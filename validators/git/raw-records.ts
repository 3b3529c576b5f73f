/** Readers of git's NUL-separated listings: the raw difference of two trees, and the listing of one. */
import type { EntryKind, EntryStatus } from '../../contracts/stage.ts';

/** One record of either listing; paths as exact bytes. */
export interface RawEntry {
  readonly path: Buffer;
  readonly previousPath: Buffer | null;
  readonly status: EntryStatus;
  /** Mode and blob of the target; of the base where the entry is deleted. */
  readonly mode: string;
  readonly blob: string;
  readonly previousBlob: string | null;
}

const statusOfLetter: Readonly<Record<string, EntryStatus>> = {
  A: 'added',
  C: 'copied',
  M: 'modified',
  R: 'renamed',
  T: 'type_changed',
  D: 'deleted',
};

const kindOfMode: Readonly<Record<string, EntryKind>> = {
  '100755': 'executable',
  '120000': 'symlink',
  '160000': 'gitlink',
};

/** What kind of thing a mode stands for. */
export function kindOf(mode: string): EntryKind {
  return kindOfMode[mode] ?? 'file';
}

/** `:oldmode newmode oldoid newoid STATUS NUL path NUL [path NUL]`, repeated (`git diff-tree --raw -z`). */
export function parseDifference(output: Buffer): RawEntry[] {
  const fields = splitAtNul(output);
  const entries: RawEntry[] = [];
  for (let at = 0; at + 1 < fields.length; at += 1) {
    const [oldMode, newMode, oldBlob, newBlob, letter] = (fields[at] ?? empty).toString('latin1', 1).split(' ');
    const status = statusOfLetter[letter?.charAt(0) ?? ''];
    const first = fields[++at];
    if (!oldMode || !newMode || !oldBlob || !newBlob || !first) continue;
    const twoPaths = status === 'renamed' || status === 'copied';
    const path = twoPaths ? fields[++at] : first;
    // U (unmerged) and X (unknown) do not occur between two trees.
    if (status === undefined || path === undefined) continue;
    const gone = status === 'deleted';
    entries.push({
      path,
      previousPath: twoPaths ? first : null,
      status,
      mode: gone ? oldMode : newMode,
      blob: gone ? oldBlob : newBlob,
      previousBlob: /^0+$/.test(oldBlob) ? null : oldBlob,
    });
  }
  return entries;
}

/** `mode type oid TAB path NUL`, repeated (`git ls-tree -r -z`). */
export function parseListing(output: Buffer, status: EntryStatus): RawEntry[] {
  return splitAtNul(output).flatMap((record) => {
    const tab = record.indexOf(0x09);
    const [mode, , blob] = record.toString('latin1', 0, tab).split(' ');
    if (tab < 0 || !mode || !blob) return [];
    return [{ path: record.subarray(tab + 1), previousPath: null, status, mode, blob, previousBlob: null }];
  });
}

const empty = Buffer.alloc(0);

function splitAtNul(output: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let start = 0, end = output.indexOf(0); end >= 0; start = end + 1, end = output.indexOf(0, start)) {
    fields.push(output.subarray(start, end));
  }
  return fields;
}
