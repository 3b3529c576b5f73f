/**
 * Fingerprints of findings (stages.md 7.2): the first 32 hex digits of SHA-256 over rule, path, the trimmed text of the
 * line (or the message) and an occurrence number, so that a finding keeps its identity when lines move.
 */
import { createHash } from 'node:crypto';
import type { Finding } from '../../contracts/stage.ts';

/** A finding before it has its identity; members may be there and undefined. */
export type FindingDraft = Pick<Finding, 'rule' | 'severity' | 'message'> & {
  readonly [Key in Exclude<keyof Finding, 'rule' | 'severity' | 'message'>]?: Finding[Key] | undefined;
};

/**
 * Gives each draft its fingerprint; equal statements are numbered in their order.
 *
 * @param lineOf text of a 1-based line of a delivered path, null when it is not known
 */
export function fingerprintFindings(
  drafts: readonly FindingDraft[],
  lineOf: (path: string, line: number) => string | null = () => null,
): Finding[] {
  const occurrences = new Map<string, number>();
  return drafts.map((draft) => {
    const finding = (fingerprint: string): Finding => ({
      ...present(draft),
      fingerprint,
      fixable: draft.fixable ?? false,
    });
    if (draft.fingerprint !== undefined) return finding(draft.fingerprint);
    const text = textOf(draft, lineOf);
    const key = JSON.stringify([draft.rule, draft.path_bytes ?? draft.path ?? '', text]);
    const occurrence = occurrences.get(key) ?? 0;
    occurrences.set(key, occurrence + 1);
    const digest = createHash('sha256').update(key).update(`\n${occurrence}`).digest('hex');
    return finding(digest.slice(0, 32));
  });
}

function textOf(draft: FindingDraft, lineOf: (path: string, line: number) => string | null): string {
  const line = draft.path === undefined || draft.line === undefined ? null : lineOf(draft.path, draft.line);
  return (line ?? draft.message).trim();
}

/** Only the members that say something: an absent member stays absent. */
function present(draft: FindingDraft): Pick<Finding, 'rule' | 'severity' | 'message'> {
  const { rule, severity, message } = draft;
  const rest = Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
  return { ...rest, rule, severity, message };
}
