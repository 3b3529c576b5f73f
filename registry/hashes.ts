/** Hashes of the registry: the text is made in `domain`, the hash is taken here (registry.md 2.9). */
import { createHash } from 'node:crypto';
import type { ComponentMetadata } from '../contracts/component.ts';
import { canonicalForFingerprint } from '../domain/component/fingerprint.ts';
import { canonicalJson } from '../domain/json/canonical.ts';

/** Lower-case hex SHA-256 of what matters in a component. */
export function fingerprintOf(metadata: ComponentMetadata): string {
  return sha256Hex(canonicalForFingerprint(metadata));
}

/** Lower-case hex SHA-256 of the canonical JSON of any value; members that are undefined count as absent. */
export function hashOf(value: unknown): string {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  return sha256Hex(canonicalJson(plain));
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
