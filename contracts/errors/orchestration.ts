/** Errors of stage runs as a whole (stages.md 18). */
import type { ErrorEntry } from '../error.ts';

const usage = { class: 'ConfigurationError', exit: 2, http: 422, retryable: false } as const;
const repository = { class: 'RepositoryError', exit: 2, http: 422, retryable: false } as const;
const engine = { class: 'EngineUnavailableError', exit: 6, http: 503, retryable: true } as const;

export const orchestrationErrors = {
  OR001: {
    ...usage,
    name: 'unknown_stage_option',
    message: 'unknown value {value} for {option}',
    remedy: 'valid values: {allowed}',
  },
  OR002: {
    class: 'SelectionError',
    exit: 3,
    http: 404,
    retryable: false,
    name: 'empty_selection',
    message: 'no registered component matches the selection of stage {stage}',
    remedy: 'register validators with `omnibase init` or `omnibase registry add`, or pass --allow-empty',
  },
  OR003: {
    ...usage,
    name: 'required_skipped',
    message: 'required components cannot be skipped: {refs}',
    remedy: 'remove them from --skip',
  },
  OR004: {
    ...usage,
    name: 'too_many_components',
    message: '{count} components selected, at most 200 are allowed',
    remedy: 'narrow the selection with --tags, --filter or --only',
  },
  OR005: {
    class: 'SelectionError',
    exit: 3,
    http: 409,
    retryable: false,
    name: 'component_not_selectable',
    message: '{ref} cannot run in stage {stage}: {reason}',
    remedy: 'see `omnibase registry get {ref}`, or name another component',
  },
  OR010: {
    ...repository,
    name: 'not_a_repository',
    message: 'git: {git}',
    remedy: 'run the command inside a git repository; git >= 2.30 is needed',
  },
  OR011: {
    ...repository,
    name: 'unmerged_index',
    message: 'the index has unmerged paths: {paths}',
    remedy: 'resolve the conflicts and `git add` the files',
  },
  OR012: {
    ...repository,
    name: 'unknown_ref',
    message: 'git does not know the revision {ref}',
    remedy: 'check the name with `git rev-parse`; in CI fetch the full history',
  },
  OR013: {
    ...usage,
    name: 'conflicting_sources',
    message: 'options name more than one source: {options}',
    remedy: 'give only one of --from-ref, --all-files, --files',
  },
  OR014: {
    ...repository,
    name: 'missing_object',
    message: 'git object {oid} of {path} is missing',
    remedy: 'run `git fetch` and try again',
  },
  OR015: {
    ...repository,
    name: 'path_not_in_snapshot',
    message: 'not part of what is checked: {paths}',
    remedy: 'stage the file with `git add`',
  },
  OR016: {
    ...usage,
    name: 'unparsable_project_file',
    message: '{path}:{line}:{column}: {reason}',
    remedy: 'correct the file; it is never treated as empty',
  },
  OR020: {
    ...usage,
    name: 'invalid_component_options',
    message: 'options of {component} are not valid at {pointer}: {reason}',
    remedy: 'correct components.{component}.options in omnibase.config.yaml',
  },
  OR030: {
    ...usage,
    http: 404,
    name: 'unknown_run',
    message: 'no stage run matches {id}',
    remedy: 'list runs with `omnibase orch ls`',
  },
  OR031: {
    class: 'RunStateError',
    exit: 1,
    http: 409,
    retryable: false,
    name: 'run_already_ended',
    message: 'the run has already ended as {state}',
    remedy: 'see it with `omnibase orch show {id}`',
  },
  OR032: {
    class: 'RunStateError',
    exit: 6,
    http: 429,
    retryable: true,
    name: 'too_many_waiters',
    message: 'too many clients wait for progress of this run',
    remedy: 'poll the progress query every 2 s',
  },
  OR033: {
    class: 'RunStateError',
    exit: 1,
    http: 409,
    retryable: true,
    name: 'report_not_ready',
    message: 'the run {id} is {state} and has nothing to report yet',
    remedy: 'follow it with `omnibase orch attach {id}`',
  },
  OR040: {
    class: 'StageTimeoutError',
    exit: 124,
    http: 504,
    retryable: false,
    name: 'stage_deadline',
    message: 'the stage deadline of {deadline_ms} ms passed',
    remedy: 'raise --timeout or stages.<stage>.timeout_ms',
  },
  OR060: {
    ...engine,
    name: 'stack_unavailable',
    message: 'the local stack cannot be started: {reason}',
    remedy: 'run `omnibase doctor`, then `omnibase up`; the log is {log}',
  },
  OR061: {
    ...engine,
    name: 'stack_version_mismatch',
    message: 'the running stack has version {running}, this command {own}',
    remedy: 'run `omnibase down` and try again',
  },
  OR062: {
    ...engine,
    name: 'no_host_worker',
    message: 'no host worker answers for this machine',
    remedy: 'run `omnibase up`; see `omnibase status`',
  },
} as const satisfies Record<string, ErrorEntry>;
