/** Errors of the registry (registry.md 5.9). */
import type { ErrorEntry } from '../error.ts';

export const registryErrors = {
  RG001: {
    name: 'component_not_found',
    class: 'RegistryLookupError',
    exit: 3,
    http: 404,
    retryable: false,
    message: 'no component matches {ref}',
    remedy: 'list what is registered with `omnibase registry ls`',
  },
} as const satisfies Record<string, ErrorEntry>;
