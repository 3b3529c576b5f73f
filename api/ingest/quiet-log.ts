/** Says the same thing about the same subject at most once per period, however often it happens. */

export interface QuietLog {
  /** Calls `tell` unless it was called for this subject within the period. */
  once(subject: string, tell: () => void): void;
}

/** Subjects remembered: beyond that the oldest may be told again early. */
const remembered = 10_000;

export function createQuietLog(periodMs: number, now: () => number = performance.now.bind(performance)): QuietLog {
  /** Subject → when it was told last; oldest first. */
  const told = new Map<string, number>();
  return {
    once(subject, tell) {
      const at = now();
      const last = told.get(subject);
      if (last !== undefined && at - last < periodMs) return;
      told.delete(subject);
      told.set(subject, at);
      const [oldest] = told.keys();
      if (told.size > remembered && oldest !== undefined) told.delete(oldest);
      tell();
    },
  };
}
