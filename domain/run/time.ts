/** Times of the database between their two forms: RFC 3339 text in rows, milliseconds where they are reckoned with. */

/** RFC 3339 UTC with milliseconds. */
export function instantText(ms: number): string {
  return new Date(ms).toISOString();
}

export function instantOf(text: string): number {
  return Date.parse(text);
}

export function instantOrNull(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/**
 * UTC with six decimals, as times are hashed (runs.md 7): `2026-03-02T08:00:00.000000Z`. Digits beyond milliseconds are
 * kept as they are written.
 */
export function hashedTime(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const [seconds = ''] = new Date(text).toISOString().split('.');
  return `${seconds}.${fraction.padEnd(6, '0').slice(0, 6)}Z`;
}
