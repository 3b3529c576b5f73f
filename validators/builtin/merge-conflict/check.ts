/** Conflict markers that were left in: an opening and a closing line, in that order; and reject files of a patch. */
import type { CheckedFile } from '../checked-file.ts';
import { defineBuiltin } from '../definition.ts';

const opening = '<'.repeat(7);
const closing = '>'.repeat(7);

export const mergeConflict = defineBuiltin({
  id: 'merge-conflict',
  description: 'Finds conflict markers that were left in, and reject files.',
  tags: ['pre-commit', 'ci', 'canary'],
  rules: {
    marker: { severity: 'error', summary: 'A merge conflict is not resolved.' },
    'reject-file': { severity: 'warning', summary: 'A patch left a reject file behind.' },
  },
  options: {
    only_in_merge: {
      kind: 'boolean',
      default: false,
      description: 'Look for markers only while a merge is in progress.',
    },
  },
  types: ['text'],
  accepts: [],
  reads: 'content',
  revision: 1,
  start: (options) => {
    return ({ file, facts, report }) => {
      if (file.path.endsWith('.rej')) {
        report({ rule: 'reject-file', message: 'a reject file that a patch left behind', location: null });
      }
      if (options.only_in_merge && !facts.merging) return;
      // Nearly every file ends here, at the speed of a search for bytes.
      if (file.encoding === 'binary' || !file.includes(opening) || !file.includes(closing)) return;
      for (const { first, last } of conflicts(file)) {
        const message = `merge conflict that ends on line ${last}`;
        report({ rule: 'marker', message, location: { line: first, column: 1, end_line: last } });
      }
    };
  },
});

interface Conflict {
  readonly first: number;
  readonly last: number;
}

function* conflicts(file: CheckedFile): Generator<Conflict> {
  let first: number | null = null;
  // Markers begin a line, and a marker for itself or followed by a blank and the name of a side.
  for (const match of file.text.matchAll(/^\uFEFF?(<{7}|>{7})(?=[ \r\n]|$)/gm)) {
    const { line } = file.positionInText(match.index);
    if (match[1] === opening) first ??= line;
    else if (first !== null) {
      yield { first, last: line };
      first = null;
    }
  }
}
