/**
 * Errors of the registry (registry.md 5.9): records and resolution (RG), queries (QY), files (FS); joined
 * with those of metadata documents. A row marked "warning" below is normally reported beside
 * a success and only becomes an error in strict mode, if at all.
 */
import type { ErrorEntry } from '../error.ts';
import { documentErrors, lifecycleErrors } from './metadata.ts';

const metadata = { class: 'MetadataValidationError', exit: 2, http: 422, retryable: false } as const;
const conflict = { exit: 2, http: 409, retryable: false } as const;
const query = { exit: 2, http: 400, retryable: false } as const;
const file = { class: 'FileAccessError', exit: 2, http: null, retryable: false } as const;
const resolution = { exit: 3, http: 409, retryable: false } as const;
const unavailable = { exit: 3, http: 503 } as const;

const recordErrors = {
  RG001: {
    class: 'RegistryLookupError',
    exit: 3,
    http: 404,
    retryable: false,
    name: 'component_not_found',
    message: 'no component matches {ref}',
    remedy: 'list what is registered with `omnibase registry ls`',
  },
  RG002: {
    ...conflict,
    class: 'DuplicateComponentError',
    name: 'duplicate_component',
    message: 'the component is already registered with other content',
    remedy: 'change it with `omnibase registry update {uuid}`, or register a new version with a new uuid',
  },
  RG006: {
    ...resolution,
    class: 'CircularDependencyError',
    name: 'circular_dependency',
    message: 'the dependency closes a circle: {path}',
    remedy: 'remove one dependency of the circle',
  },
  RG007: {
    ...resolution,
    class: 'DependencyResolutionError',
    name: 'dependency_not_found',
    message: 'a required dependency does not exist: {ref}',
    remedy: 'register it, or mark it `required: false`',
  },
  RG008: {
    ...resolution,
    class: 'VersionConflictError',
    name: 'no_matching_version',
    message: 'no version of {ref} fits {spec}',
    remedy: 'each version that exists is listed with the reason it was dropped',
  },
  RG009: {
    ...unavailable,
    retryable: true,
    class: 'CacheCorruptionError',
    name: 'cache_corrupted',
    message: 'the registry cache file is damaged',
    remedy: 'rebuild it with `omnibase registry sync --full`',
  },
  // warning
  RG010: {
    ...resolution,
    class: 'RegistryError',
    name: 'work_in_progress',
    message: '{ref} is work in progress',
    remedy: 'do not depend on it before it is finished',
  },
  RG011: {
    ...resolution,
    class: 'RevisionConflictError',
    name: 'revision_conflict',
    message: 'the component was changed meanwhile: expected revision {expected}, it has {current}',
    remedy: 'read it again, compare `theirs` and `yours`, and repeat the update',
  },
  RG012: {
    ...conflict,
    class: 'ImmutableFieldError',
    name: 'immutable_field',
    message: 'these fields cannot be changed: {fields}',
    remedy: 'register a new version with a new uuid',
  },
  RG013: {
    ...resolution,
    class: 'AmbiguousReferenceError',
    name: 'ambiguous_reference',
    message: '{ref} names more than one component: {candidates}',
    remedy: 'write type:namespace.name or the uuid',
  },
  RG014: {
    ...resolution,
    class: 'DependentsExistError',
    name: 'dependents_exist',
    message: 'other components require {ref}',
    remedy: 'change the dependents listed first',
  },
  RG015: {
    ...unavailable,
    retryable: false,
    class: 'RegistryReadOnlyError',
    name: 'registry_read_only',
    message: 'the registry database is away; the registry can be read but not written',
    remedy: 'run `omnibase status`; try again when Postgres is back',
  },
  RG016: {
    ...unavailable,
    retryable: true,
    class: 'RegistryUnavailableError',
    name: 'registry_unavailable',
    message: 'the registry database is away and no cache can answer',
    remedy: 'run `omnibase up`, then `omnibase registry sync`',
  },
  RG017: {
    exit: 3,
    http: 410,
    retryable: false,
    class: 'ChangeLogExpiredError',
    name: 'change_log_expired',
    message: 'the change cursor is too old or of another registry',
    remedy: 'read everything again and watch from the new cursor',
  },
  RG018: {
    ...resolution,
    class: 'LockDriftError',
    name: 'lock_drift',
    message: 'the lock file does not match what is asked for',
    remedy: 'run `omnibase registry resolve --update` and commit omnibase.lock.json',
  },
  RG019: {
    ...unavailable,
    retryable: true,
    class: 'StaleSnapshotError',
    name: 'stale_snapshot',
    message: 'the cached answer is older than allowed: {age_ms} ms',
    remedy: 'bring Postgres back, run `omnibase registry sync`, or allow an older answer',
  },
  RG020: {
    ...conflict,
    class: 'IdempotencyKeyReusedError',
    name: 'idempotency_key_reused',
    message: 'the idempotency key was used for another request',
    remedy: 'use a new key',
  },
  // warning, an error in strict mode
  RG021: {
    ...metadata,
    name: 'breaking_without_major',
    message: 'the new version breaks the contract of its line without a new major version',
    remedy: 'raise the major version',
  },
  // warning
  RG022: {
    ...resolution,
    class: 'RegistryError',
    name: 'discovery_conflict',
    message: 'sources describe the same component differently',
    remedy: 'keep one of the sources named',
  },
  RG023: {
    ...resolution,
    class: 'ResolutionLimitError',
    name: 'resolution_limit',
    message: 'the resolution was given up after {decisions} decisions',
    remedy: 'narrow the version ranges, or pin some with overrides',
  },
} as const satisfies Record<string, ErrorEntry>;

const queryErrors = {
  QY001: {
    ...query,
    class: 'FilterSyntaxError',
    name: 'filter_syntax',
    message: 'the filter is not understood: {reason}',
    remedy: 'see the filter grammar in docs/registry/usage.md',
  },
  QY002: {
    ...query,
    class: 'VersionSpecError',
    name: 'version_spec',
    message: 'the version spec {spec} is not understood: {reason}',
    remedy: 'write it like 1.2.3, ^1.2, ~1.2.0, >=1.0.0,<2.0.0, 1.x or latest',
  },
  QY003: {
    ...query,
    class: 'ReferenceSyntaxError',
    name: 'reference_syntax',
    message: 'the reference {ref} is not understood: {reason}',
    remedy: 'write a uuid, [type:]namespace.name[@spec] or type://namespace.name@spec',
  },
  QY004: {
    ...query,
    class: 'CursorError',
    name: 'cursor',
    message: 'the cursor or limit does not fit this query',
    remedy: 'start again without a cursor; the limit is 1 to 1000',
  },
} as const satisfies Record<string, ErrorEntry>;

const fileErrors = {
  FS001: { ...file, name: 'file_not_found', message: 'there is no file {path}', remedy: 'check the path' },
  FS003: {
    ...file,
    name: 'file_unreadable',
    message: 'cannot read {path}: {reason}',
    remedy: 'name a regular file that you may read',
  },
  // warning
  FS005: {
    ...file,
    name: 'file_too_large',
    message: '{path} is larger than {limit} and is skipped',
    remedy: 'describe it by a sidecar file',
  },
  // warning
  FS007: {
    ...file,
    name: 'symlink_skipped',
    message: '{path} is a symbolic link and is skipped',
    remedy: 'name its target',
  },
  FS008: { ...file, name: 'file_binary', message: '{path} is a binary file', remedy: 'name a YAML or JSON text file' },
  FS009: { ...file, name: 'file_not_utf8', message: '{path} is not UTF-8', remedy: 'save it as UTF-8' },
} as const satisfies Record<string, ErrorEntry>;

export const registryErrors = {
  ...documentErrors,
  ...lifecycleErrors,
  ...recordErrors,
  ...queryErrors,
  ...fileErrors,
} as const satisfies Record<string, ErrorEntry>;
