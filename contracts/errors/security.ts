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
} as const satisfies Record<string, ErrorEntry>;
