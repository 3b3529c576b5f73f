/** What every reader of source text hands back: the document, or problems with their positions. */
import type { Issue } from '../../../contracts/error.ts';
import type { Locate } from './positions.ts';

export interface ParsedText {
  /** The document as plain values; null when there is an error among the issues. */
  readonly document: unknown;
  readonly issues: readonly Issue[];
  /** Position of a member of the document. */
  readonly locate: Locate;
}

/** A text without a usable document. */
export function unreadable(issues: readonly Issue[]): ParsedText {
  return { document: null, issues, locate: () => undefined };
}

/** Only the first of these are reported; later ones mostly follow from them. */
export const mostSyntaxIssues = 20;
