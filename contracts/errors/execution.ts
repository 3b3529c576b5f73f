/** Errors of one component inside a run (stages.md 6, 7). They become `error` results, not failed runs. */
import type { ErrorEntry } from '../error.ts';

const step = { exit: 1, http: null, retryable: false } as const;

export const executionErrors = {
  NE001: {
    ...step,
    class: 'ValidatorCrashError',
    name: 'validator_crashed',
    message: '{component} ended abnormally: {reason}',
    remedy: 'run it alone with the command under `repro` in the report',
  },
  NE003: {
    ...step,
    exit: 4,
    class: 'ProtocolViolationError',
    name: 'protocol_violation',
    message: '{component} broke the protocol: {reason}',
    remedy: 'the report quotes the first bytes of its answer',
  },
  NE004: {
    ...step,
    class: 'ValidatorTimeoutError',
    name: 'validator_timeout',
    message: '{component} did not finish within {timeout_ms} ms',
    remedy: 'raise timeout_ms of the component or make it faster',
  },
  NE005: {
    ...step,
    class: 'BreakerOpenError',
    name: 'breaker_open',
    message: '{component} failed too often lately and is not run',
    remedy: 'mend it, then `omnibase breaker reset {component}`',
  },
  NE006: {
    ...step,
    class: 'EntrypointNotFoundError',
    name: 'entrypoint_not_found',
    message: 'the entrypoint of {component} was not found: {entrypoint}',
    remedy: 'install the program or correct the entrypoint',
  },
  NE008: {
    ...step,
    class: 'ResourceLimitError',
    name: 'memory_limit',
    message: '{component} used more than {limit_mb} MB of memory',
    remedy: 'raise resources.memory_mb of the component',
  },
  NE009: {
    ...step,
    class: 'ResourceLimitError',
    name: 'resource_limit',
    message: '{component} exceeded its limit of {resource}',
    remedy: 'raise the limit under resources of the component',
  },
  NE010: {
    ...step,
    exit: 5,
    class: 'SandboxViolationError',
    name: 'sandbox_violation',
    message: '{component} wrote where it must not: {paths}',
    remedy: 'set needs_scratch, or grant what it needs',
  },
} as const satisfies Record<string, ErrorEntry>;
