/** Hashes by which run control knows equal requests (runs.md 6.2, 7, 12). By pure code: a workflow has no `node:crypto`. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Command } from '../../contracts/run/command.ts';
import type { CreateRun } from '../../contracts/run/requests.ts';
import { canonicalJson } from '../json/canonical.ts';
import { nameBasedUuid } from '../registration/ids.ts';

/** SHA-256 of the canonical JSON (RFC 8785) of a value, lower-case hex. */
export function jsonHash(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/** SHA-256 of a hash followed by the canonical JSON of a value: a link of a chain. */
export function linkHash(previousHex: string, value: unknown): string {
  return bytesToHex(sha256(joined(hexToBytes(previousHex), utf8ToBytes(canonicalJson(value)))));
}

/** Of type, payload and actor; `issued_at` and the id are left out. */
export function commandBodyHash({ type, payload, actor }: Pick<Command, 'type' | 'payload' | 'actor'>): string {
  return jsonHash({ type, payload, actor });
}

/** Of everything a run is made with but its id. */
export function createBodyHash({ id: _id, ...request }: CreateRun): string {
  return jsonHash(request);
}

/** Namespace of ids that follow from what they name. Changing it would make stored events look unknown. */
const namespace = hexToBytes('3b0a5e7c94d14f6e8a3d0c5b7e21f9a6');

/** A uuid (version 5) that is equal whenever its parts are. */
export function derivedId(...parts: readonly (string | number | null)[]): string {
  return nameBasedUuid(namespace, JSON.stringify(parts));
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
