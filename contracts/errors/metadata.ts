/**
 * Errors of metadata documents (registry.md 5.9): content (SC), metadata rules (MD), state contract
 * (ST), lifecycle (LC). A row marked "warning" is normally reported beside a success.
 */
import type { ErrorEntry } from '../error.ts';

const metadata = { class: 'MetadataValidationError', exit: 2, http: 422, retryable: false } as const;
const transition = { class: 'LifecycleTransitionError', exit: 2, http: 409, retryable: false } as const;

export const documentErrors = {
  SC001: {
    ...metadata,
    name: 'unparsable_document',
    message: 'the document is not valid YAML or JSON',
    remedy: 'correct the text at the line and column shown',
  },
  SC002: {
    ...metadata,
    name: 'forbidden_or_contradictory',
    message: 'the document contradicts itself or holds something that is refused',
    remedy: 'remove one of the contradicting members, or what is named in the issue',
  },
  SC003: {
    ...metadata,
    name: 'missing_field',
    message: 'a required field is missing',
    remedy: 'add the fields named in the issues; `omnibase schema export` shows all of them',
  },
  SC004: {
    ...metadata,
    name: 'wrong_type',
    message: 'a field has the wrong type',
    remedy: 'write the value as the issue says; text that looks like a number needs quotes',
  },
  SC005: {
    ...metadata,
    name: 'unknown_value',
    message: 'a field has a value that is not allowed',
    remedy: 'use one of the allowed values of the issue',
  },
  SC006: {
    ...metadata,
    name: 'limit_exceeded',
    message: 'a field or the document is outside its limits',
    remedy: 'shorten it to the limit of the issue',
  },
  SC007: {
    ...metadata,
    name: 'malformed_value',
    message: 'a field is not in the required form',
    remedy: 'write the value in the form the issue shows',
  },
  SC008: {
    ...metadata,
    name: 'other_protocol_major',
    message: 'the document was written for another major version',
    remedy: 'check that it still means what you intend',
  },
  SC009: {
    ...metadata,
    name: 'renamed_field',
    message: 'a field is written under an old or second name',
    remedy: 'use the name the issue shows',
  },
  SC010: {
    ...metadata,
    name: 'unknown_field',
    message: 'a field is not known and is left out',
    remedy: 'use the nearest name of the issue, or move the field under x_extensions',
  },
  MD001: {
    ...metadata,
    name: 'block_missing',
    message: 'the file holds no metadata block',
    remedy: 'put `=== OmniNode:Metadata ===` and its closing line into a comment at the top of the file',
  },
  MD002: {
    ...metadata,
    name: 'malformed_block',
    message: 'the metadata block or document has the wrong form',
    remedy: 'give exactly one mapping, between an opening and a closing line',
  },
  MD003: {
    ...metadata,
    name: 'hash_mismatch',
    message: 'the hash the author claims is not the hash of this document',
    remedy: 'compute it again, or leave `hash` out',
  },
  MD004: {
    ...metadata,
    name: 'invalid_uuid',
    message: 'a uuid is not in the form 8-4-4-4-12',
    remedy: 'make one with `uuidgen` or `node -p "crypto.randomUUID()"`',
  },
  MD005: {
    ...metadata,
    name: 'invalid_time',
    message: 'a time is not an ISO 8601 date with a time of day',
    remedy: 'write it like 2026-01-31T12:00:00Z',
  },
  MD006: { ...metadata, name: 'missing_version', message: 'the version is missing', remedy: 'add `version: "1.0.0"`' },
  MD007: {
    ...metadata,
    name: 'invalid_version',
    message: 'a version is not a semantic version',
    remedy: 'write it like 1.2.3 or 1.2.3-rc.1',
  },
  MD008: {
    ...metadata,
    name: 'invalid_namespace',
    message: 'a namespace is malformed or not allowed here',
    remedy: 'use segments of letters, digits, _ and - joined by dots; see registry.namespaces.allow',
  },
  MD009: {
    ...metadata,
    name: 'conflicting_metadata',
    message: 'two descriptions of the same component differ',
    remedy: 'keep one of them, or make them equal',
  },
  // warning
  MD010: {
    ...metadata,
    name: 'other_metadata_major',
    message: 'the document follows another major version of the metadata format',
    remedy: 'check that it still means what you intend',
  },
  // warning
  ST001: {
    ...metadata,
    name: 'unusual_state_contract',
    message: 'the state contract is neither a state_contract:// name nor a relative file',
    remedy: 'write state_contract://NAME or a relative .yaml or .json path',
  },
} as const satisfies Record<string, ErrorEntry>;

export const lifecycleErrors = {
  LC001: {
    ...metadata,
    name: 'unknown_lifecycle',
    message: 'the lifecycle is not known',
    remedy: 'use draft, experimental, canary, active, deprecated or archived',
  },
  LC002: {
    ...metadata,
    name: 'description_missing',
    message: 'a component from canary on should have a description',
    remedy: 'add `description`',
  },
  LC003: {
    ...transition,
    name: 'illegal_transition',
    message: 'a component cannot go from {from} to {to}',
    remedy: 'allowed from {from}: {allowed}',
  },
  LC004: {
    ...transition,
    name: 'transition_refused',
    message: 'the transition to {to} was not approved',
    remedy: 'see who refused it and why with `omnibase registry history {uuid}`',
  },
  LC005: {
    ...metadata,
    name: 'replacement_missing',
    message: 'a deprecated component needs `deprecated_by`, naming another component',
    remedy: 'set `deprecated_by` to the uuid or reference of its replacement',
  },
  LC006: {
    ...metadata,
    name: 'archive_reason_missing',
    message: 'an archived component needs `archived_reason`',
    remedy: 'set `archived_reason`',
  },
  // warning
  LC007: {
    ...metadata,
    name: 'past_its_life',
    message: 'the component is deprecated or archived',
    remedy: 'use the replacement it names',
  },
  // warning
  LC008: {
    ...metadata,
    name: 'archived_early',
    message: 'the component was archived before its minimum time in deprecated',
    remedy: 'see registry.lifecycle.min_deprecated_days',
  },
} as const satisfies Record<string, ErrorEntry>;
