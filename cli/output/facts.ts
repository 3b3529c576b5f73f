/** Facts as `name: value` lines. */
import { safeText } from './safe-text.ts';

/** A null value is left out. */
export type Fact = readonly [name: string, value: string | null];

interface FactStyle {
  /** Values in one column, for people; without it one blank follows the colon, which scripts may look for. */
  readonly aligned: boolean;
  /** Names whose values are shown as they are, because they carry colour; all others are made safe. */
  readonly painted?: ReadonlySet<string>;
}

/** One line per fact. */
export function renderFacts(facts: readonly Fact[], { aligned, painted }: FactStyle): string {
  const shown = facts.filter((fact): fact is readonly [string, string] => fact[1] !== null);
  const width = aligned ? Math.max(0, ...shown.map(([name]) => name.length)) + 1 : 0;
  return shown
    .map(([name, value]) => `${`${name}:`.padEnd(width)} ${painted?.has(name) === true ? value : safeText(value)}\n`)
    .join('');
}
