/**
 * JSON as `jsonb` takes it. Nodes may send any text in their metadata; Postgres stores neither NUL nor half a surrogate
 * pair, and one such character must not keep a node from being registered for ever.
 */

/** `\u0000`, or an escaped surrogate: `JSON.stringify` escapes only those that stand alone. */
const suspicious = /\\u(?:0000|d[89a-f])/;

/** JSON text in which every character that Postgres refuses is U+FFFD. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return suspicious.test(text) ? JSON.stringify(cleaned(value)) : text;
}

/** Text that Postgres can store. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storableText(key), cleaned(member)]));
}
