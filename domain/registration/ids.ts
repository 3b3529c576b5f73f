/**
 * Names that follow from what they name, so that every retry, replay and process arrives at the same one: the workflow
 * of a node (registration.md 1) and the event of a step (registration.md 5).
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { RegistrationState } from '../../contracts/node/vocabulary.ts';

/** What makes a step the one it is. */
export interface EventIdentity {
  readonly workflow_id: string;
  readonly epoch: number;
  readonly version: number;
  /** Message, command or event that caused the step; null for none. */
  readonly cause: string | null;
  readonly to_state: RegistrationState;
}

/** Namespace of event ids. Changing it would make every stored event look unknown. */
const eventNamespace = hexToBytes('7d3c0a52b7c84c0d9a5f1e6f0c2b8d41');

/** The event of a step: a name-based uuid (version 5), equal whenever the same step is made again. */
export function eventId(identity: EventIdentity): string {
  const { workflow_id, epoch, version, cause, to_state } = identity;
  // As JSON no two identities can read alike, whatever characters a cause has.
  return nameBasedUuid(eventNamespace, JSON.stringify([workflow_id, epoch, version, cause, to_state]));
}

const prefix = 'registration';

/** `registration/<domain>/<entityId>`: what people type into the Web UI. The pattern of domains has no slash. */
export function registrationWorkflowId(domain: string, entityId: string): string {
  return `${prefix}/${domain}/${entityId}`;
}

/** Inverse of `registrationWorkflowId`; null for ids of other workflows. */
export function parseRegistrationWorkflowId(
  workflowId: string,
): { readonly domain: string; readonly entityId: string } | null {
  const [kind, domain, entityId, ...rest] = workflowId.split('/');
  if (kind !== prefix || domain === undefined || domain === '') return null;
  return entityId === undefined || !entityPattern.test(entityId) || rest.length > 0 ? null : { domain, entityId };
}

const entityPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** UUID version 5 (RFC 9562, 5.5). Hashed here and not by `node:crypto`, which a workflow does not have. */
export function nameBasedUuid(namespace: Uint8Array, name: string): string {
  const text = utf8ToBytes(name);
  const input = new Uint8Array(namespace.length + text.length);
  input.set(namespace);
  input.set(text, namespace.length);
  const hex = bytesToHex(sha1(input));
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
