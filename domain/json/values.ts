/** JSON values: their type, whether two are equal, and how to say in a few words what one is. */

type JsonPrimitive = string | number | boolean | null;
export type JsonValue = JsonPrimitive | readonly JsonValue[] | JsonObject;
interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** True for a mapping: not null, not a list. */
export function isJsonObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equal as JSON: same members in any order, same items in the same order. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
  );
}

/** Longest excerpt of a text in a message, in UTF-16 units. */
const excerptLength = 60;

/** What a value is, for messages: `number 1.5`, `a list`, `text "abc"`. Long text is cut. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `text ${quote(value)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${String(value)}`;
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

/** `text` in double quotes, cut to a readable length, control characters escaped. */
export function quote(text: string): string {
  const cut = text.length > excerptLength ? `${text.slice(0, excerptLength)}…` : text;
  return JSON.stringify(cut);
}
