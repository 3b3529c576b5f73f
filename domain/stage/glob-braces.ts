/**
 * Braces of globs, unfolded before anything else is read: `*.{json,yaml}` is `*.json` and `*.yaml`. Every glob is read
 * once from left to right, so hostile nesting costs no more than its length.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import { readSet } from './glob-parts.ts';

/** Alternatives that the globs of one list may unfold to. */
const maxAlternatives = 1000;

/** A pair of braces that offers a choice, by indexes into the glob. */
interface Group {
  readonly close: number;
  readonly commas: readonly number[];
}

/**
 * `{a,b}c` → `ac`, `bc`. Braces without a comma, unclosed, escaped or inside brackets are ordinary bytes.
 *
 * @throws OR001 when the list unfolds to more than 1,000 alternatives
 */
export function unfoldBraces(globs: readonly string[]): readonly string[] {
  const unfolded: string[] = [];
  for (const glob of globs) {
    unfolded.push(...unfold(glob, 0, glob.length, findGroups(glob)));
    if (unfolded.length > maxAlternatives) throw tooManyAlternatives(glob);
  }
  return unfolded;
}

function unfold(glob: string, from: number, to: number, groups: ReadonlyMap<number, Group>): readonly string[] {
  let unfolded = [''];
  let plainFrom = from;
  for (let at = from; at < to; at += 1) {
    const group = groups.get(at);
    if (group === undefined) continue;
    const plain = glob.slice(plainFrom, at);
    const choices = choicesOf(at, group).flatMap(([start, end]) => unfold(glob, start, end, groups));
    if (unfolded.length * choices.length > maxAlternatives) throw tooManyAlternatives(glob);
    unfolded = unfolded.flatMap((before) => choices.map((choice) => before + plain + choice));
    at = group.close;
    plainFrom = group.close + 1;
  }
  const rest = glob.slice(plainFrom, to);
  return unfolded.map((before) => before + rest);
}

/** Start and end of each choice of a group. */
function choicesOf(open: number, { close, commas }: Group): readonly (readonly [number, number])[] {
  const ends = [...commas, close];
  return ends.map((end, index) => [(index === 0 ? open : (ends[index - 1] ?? open)) + 1, end] as const);
}

/** Groups by the index of their opening brace. */
function findGroups(glob: string): ReadonlyMap<number, Group> {
  const groups = new Map<number, Group>();
  const open: { readonly at: number; readonly commas: number[] }[] = [];
  // Once a bracket does not close, none after it does.
  let bracketsClose = true;
  for (let at = 0; at < glob.length; at += 1) {
    const byte = glob[at];
    if (byte === '\\') at += 1;
    else if (byte === '[' && bracketsClose) {
      const set = readSet(glob, at);
      if (set === null) bracketsClose = false;
      else at = set.next - 1;
    } else if (byte === '{') open.push({ at, commas: [] });
    else if (byte === ',') open.at(-1)?.commas.push(at);
    else if (byte === '}') {
      const group = open.pop();
      if (group !== undefined && group.commas.length > 0) groups.set(group.at, { close: at, commas: group.commas });
    }
  }
  return groups;
}

function tooManyAlternatives(glob: string): OmniBaseError {
  return new OmniBaseError('OR001', {
    message: `globs unfold to more than ${maxAlternatives} alternatives at ${glob.slice(0, 80)}`,
    details: { value: glob.slice(0, 80), option: 'files', allowed: `at most ${maxAlternatives} alternatives` },
  });
}
