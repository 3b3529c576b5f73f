/** The effective deadlines as the statements of the sweep use them. */
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import { deadlineTermsOf, type EffectiveDeadlines, effectiveDeadlines } from '../node-liveness/effective-deadlines.ts';

/**
 * Settings are written as numbers into the text: a statement may use one of the deadlines only, and a parameter that
 * nothing refers to is refused. The text changes with the settings, so with the process.
 */
export function sweepDeadlines(settings: NodeSettings): EffectiveDeadlines {
  return effectiveDeadlines((value, type) => `${wholeNumber(value)}::${type}`, deadlineTermsOf(settings));
}

function wholeNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error('a deadline term is a whole number');
  return value;
}
