/** The order of findings everywhere: path bytes, line, column, rule (stages.md 11), then what is left to tell them apart. */
import type { Finding } from '../../../contracts/stage.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import { comparePaths } from '../paths.ts';

export function compareFindings(a: Finding, b: Finding): number {
  return (
    comparePaths(a, b) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) ||
    compareUtf8(a.rule, b.rule) ||
    compareUtf8(a.message, b.message) ||
    compareUtf8(a.fingerprint, b.fingerprint)
  );
}
