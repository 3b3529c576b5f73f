/** Rules of lists of texts and of maps from names (registration.md 4.1). */
import type { Problems, Rule } from './check.ts';
import { isObject, join } from './check.ts';
import { isText, text } from './rules.ts';

/** Longest text in a list and longest name in a map, UTF-16 units. */
const longest = 128;
const mostTexts = 256;
const item = text(longest);

/** At most 256 texts of 1-128 characters. */
export const texts: Rule<string[]> = {
  blank: [],
  read(value: unknown, path: string, problems: Problems): string[] {
    if (!Array.isArray(value)) {
      problems.note(path, 'must be a list');
      return this.blank;
    }
    if (value.length > mostTexts) {
      problems.note(path, `must have at most ${String(mostTexts)} items`);
      return this.blank;
    }
    return Array.from(value, (entry: unknown, index) => item.read(entry, `${path}.${String(index)}`, problems));
  },
};

/** A map of at most `most` names of 1-128 characters to values of one rule. */
export function mapOf<T>(most: number, rule: Rule<T>): Rule<Record<string, T>> {
  return {
    blank: {},
    read(value: unknown, path: string, problems: Problems): Record<string, T> {
      if (!isObject(value)) {
        problems.note(path, 'must be an object');
        return this.blank;
      }
      const names = Object.keys(value);
      if (names.length > most) {
        problems.note(path, `must have at most ${String(most)} entries`);
        return this.blank;
      }
      return Object.fromEntries(names.map((name) => [name, readEntry(name, value[name], rule, path, problems)]));
    },
  };
}

function readEntry<T>(name: string, value: unknown, rule: Rule<T>, path: string, problems: Problems): T {
  const at = join(path, name);
  if (name === '__proto__' || !isText(name, longest)) {
    problems.note(at, `must have a name of 1-${String(longest)} characters without control characters`);
  }
  return rule.read(value, at, problems);
}
