/**
 * `omnibase-allow <rule> -- reason` in a comment on the same line or the one before suppresses a finding (stages.md 8).
 * Without a reason the finding stays, as a warning. A rule is named in full, or by its validator for all of its rules.
 */
import type { Finding } from '../../contracts/stage.ts';

/** The word that has to stand in a file for anything to be suppressed. */
export const allowMark = 'omnibase-allow';

/** Bounded, so that no line makes it slow. */
const pattern =
  /omnibase-allow[ \t]{1,8}([\w./-]{1,255}(?:[ \t]{0,4},[ \t]{0,4}[\w./-]{1,255}){0,20})(?:[ \t]{1,8}--[ \t]{0,8}(.{0,500}))?/g;
/** How much of a line is looked at. */
const lineLimit = 4096;

/** The finding as the comments around it leave it. */
export function applyInlineAllow(finding: Finding, lineText: (line: number) => string): Finding {
  if (finding.line === undefined || finding.suppressed !== undefined) return finding;
  for (const line of [finding.line, finding.line - 1]) {
    if (line < 1) continue;
    const allowed = findAllow(lineText(line), finding.rule);
    if (allowed === null) continue;
    if (allowed.reason !== '') return { ...finding, suppressed: { by: 'inline', reason: allowed.reason } };
    if (finding.severity !== 'error') return finding;
    return { ...finding, severity: 'warning', message: `${finding.message} (${allowMark} without a reason)` };
  }
  return finding;
}

function findAllow(text: string, rule: string): { readonly reason: string } | null {
  const at = text.indexOf(allowMark);
  if (at < 0) return null;
  for (const match of text.slice(at, at + lineLimit).matchAll(pattern)) {
    const rules = (match[1] ?? '').split(',').map((name) => name.trim());
    if (rules.some((name) => name === rule || rule.startsWith(`${name}/`)))
      return { reason: cleanReason(match[2] ?? '') };
  }
  return null;
}

/** Without the end of the comment it stands in. */
function cleanReason(reason: string): string {
  return reason.replace(/\s*(?:\*\/|-->|"""|''')\s*$/, '').trim();
}
