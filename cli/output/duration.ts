/** Times and sizes as people read them. */

/** `168 ms`, `1.2 s`, `2 min 5 s`, `3 h 10 min`, `2 d 4 h`. */
export function shownDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  return pair(Math.round(seconds), [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]);
}

/** `512 B`, `1.2 MiB`. */
export function shownBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `1 file`, `2 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

function pair(total: number, units: readonly (readonly [number, string])[]): string {
  const index = units.findIndex(([size]) => total >= size);
  const [big, small] = units.slice(Math.max(0, index), Math.max(0, index) + 2);
  const parts = big === undefined ? [] : [`${Math.floor(total / big[0])} ${big[1]}`];
  const rest = big === undefined || small === undefined ? 0 : Math.floor((total % big[0]) / small[0]);
  if (small !== undefined && rest > 0) parts.push(`${rest} ${small[1]}`);
  return parts.join(' ');
}
