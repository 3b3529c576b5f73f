/** The hash an author may claim for a document and the file around it (registry.md 2.9). */
import type { ComponentMetadata } from '../../contracts/component.ts';
import { canonicalForFingerprint } from './fingerprint.ts';

/** The one algorithm that is checked; hashes made by any other are kept as they are. */
const checkedHashAlgorithm = 'omnibase-1';

/** All zeros stand for "not computed". */
const notComputed = /^0+$/;

/**
 * The text whose SHA-256 the author's `hash` must be: canonical JSON, one blank line, the body of the file without
 * its block. Null when the claim is not to be checked.
 *
 * @param body `ParsedBlock.body`; empty for a sidecar or direct document
 */
export function authorHashInput(metadata: ComponentMetadata, body: string): string | null {
  const { hash, hash_algorithm: algorithm } = metadata;
  if (hash === undefined || notComputed.test(hash) || algorithm !== checkedHashAlgorithm) return null;
  return `${canonicalForFingerprint(metadata)}\n\n${body}`;
}
