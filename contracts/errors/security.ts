/** Errors of capabilities, signatures and sources (registry.md 11). */
import type { ErrorEntry } from '../error.ts';

export const securityErrors = {
  SX001: {
    name: 'capability_denied',
    class: 'CapabilityError',
    exit: 5,
    http: 403,
    retryable: false,
    message: 'the capability {capability} is not granted',
    remedy: 'ask an administrator for the capability, or use a token that has it',
  },
  SX002: {
    name: 'invalid_signature',
    class: 'SignatureError',
    exit: 5,
    http: 403,
    retryable: false,
    message: 'the signature of {ref} is wrong or not trusted',
    remedy: 'sign the component again with a key listed under security.trusted_keys',
  },
  SX003: {
    name: 'untrusted_source',
    class: 'SourceNotTrustedError',
    exit: 5,
    http: 403,
    retryable: false,
    message: 'the source {source} is not trusted: {reason}',
    remedy: 'add the source to the configuration under discovery, if you trust it',
  },
  SX004: {
    name: 'token_not_found',
    class: 'TokenError',
    exit: 2,
    http: 404,
    retryable: false,
    message: 'no token has the name or id {reference}',
    remedy: 'run `omnibase token ls` for those there are',
  },
  SX005: {
    name: 'token_name_taken',
    class: 'TokenError',
    exit: 2,
    http: 409,
    retryable: false,
    message: 'a token named {name} is in use',
    remedy: 'choose another name, or revoke it with `omnibase token revoke {name}`',
  },
} as const satisfies Record<string, ErrorEntry>;
