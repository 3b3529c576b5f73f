/** Documents as YAML. A module of its own, so that the library is loaded by those who print YAML only. */
import { stringify } from 'yaml';

/** Keys keep their order; long text is not folded, so that it can be searched line by line. */
export function toYaml(document: unknown): string {
  return stringify(document, { lineWidth: 0 });
}
