/**
 * Words of run control (runs.md 2-7): one list per vocabulary, its type beside it.
 *
 * Glossary: a **run** is a long job on a machine that is not ours, the **agent** the process that does it; the **state**
 * is decided by the workflow, the **desired state** is what the control plane wants, the **runtime status** what the
 * agent last said of itself, the **health** our judgement from its silence; an **edge** is a beat that changes more than
 * telemetry; an **attempt** fences the processes of one run; an **episode** is one departure from `healthy`; the
 * **mirror** is what the liveness row repeats of the run row; an **open** command is queued or delivered.
 */

/** The nine states, in the order of the enum `run_state` in Postgres. */
export const runStates = [
  'queued',
  'provisioning',
  'running',
  'paused',
  'terminating',
  'completed',
  'failed',
  'errored',
  'terminated',
] as const;
export type RunState = (typeof runStates)[number];

/** Nothing leaves these. */
export const terminalRunStates = ['completed', 'failed', 'errored', 'terminated'] as const;
export type TerminalRunState = (typeof terminalRunStates)[number];

/** What an agent says of itself. */
export const runtimeStatuses = ['running', 'paused', 'terminating', 'errored'] as const;
export type RuntimeStatus = (typeof runtimeStatuses)[number];

/** Best first. */
export const runHealths = ['healthy', 'heartbeat_stale', 'unresponsive'] as const;
export type RunHealth = (typeof runHealths)[number];

export const desiredStates = ['running', 'paused', 'stopped'] as const;
export type DesiredState = (typeof desiredStates)[number];

export const commandTypes = ['tune', 'pause', 'resume', 'terminate'] as const;
export type CommandType = (typeof commandTypes)[number];

/** The first two are open; `skipped` is a terminate of a run without an agent. */
export const commandStatuses = ['queued', 'delivered', 'acknowledged', 'expired', 'superseded', 'skipped'] as const;
export type CommandStatus = (typeof commandStatuses)[number];

export const commandOutcomes = ['applied', 'rejected', 'failed'] as const;
export type CommandOutcome = (typeof commandOutcomes)[number];

/** What became of a submitted command. */
export const commandDispositions = ['created', 'existing', 'merged'] as const;
export type CommandDisposition = (typeof commandDispositions)[number];

/** Parameters of an agent that can be tuned, in the order of the page. */
export const tunables = ['learning_rate', 'entropy_coef', 'clip_epsilon'] as const;
export type Tunable = (typeof tunables)[number];

export const tuneStates = ['pending', 'applied', 'rejected', 'superseded'] as const;
export type TuneState = (typeof tuneStates)[number];

export const artifactKinds = ['checkpoint', 'policy', 'replay', 'evaluation', 'log_bundle', 'custom'] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

export const reportKinds = ['provisioning', 'completed', 'failed'] as const;
export type ReportKind = (typeof reportKinds)[number];

/** Who orders. */
export const runActorTypes = ['operator', 'system'] as const;
export type RunActorType = (typeof runActorTypes)[number];

/** By which way a transition came about. */
export const changeSources = ['create', 'heartbeat', 'report', 'command', 'ack', 'timer', 'policy'] as const;
export type ChangeSource = (typeof changeSources)[number];

/** How a beat came. */
export const beatPaths = ['gateway', 'signal'] as const;
export type BeatPath = (typeof beatPaths)[number];

export const auditActions = ['tune', 'pause', 'resume', 'terminate', 'reset', 'health_override', 'report'] as const;
export type AuditAction = (typeof auditActions)[number];

export const auditVerdicts = ['accepted', 'rejected', 'merged'] as const;
export type AuditVerdict = (typeof auditVerdicts)[number];

/** Why a chain is broken. */
export const chainBreaks = ['hash_mismatch', 'prev_mismatch', 'gap', 'head_mismatch'] as const;
export type ChainBreak = (typeof chainBreaks)[number];

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const startTimeoutActions = ['warn', 'fail'] as const;
export type StartTimeoutAction = (typeof startTimeoutActions)[number];

export const unresponsiveActions = ['none', 'terminate', 'fail'] as const;
export type UnresponsiveAction = (typeof unresponsiveActions)[number];

/** What the workflow's one timer may stand for (runs.md 12). */
export const runDeadlineKinds = [
  'start',
  'liveness',
  'backstop',
  'override_grace',
  'expiry',
  'confirmation',
  'terminate_grace',
  'policy',
] as const;
export type RunDeadlineKind = (typeof runDeadlineKinds)[number];

/** Actor of commands that the control plane orders by itself. */
export const autoSloActor = 'orchestrator/auto-slo';
/** Actor of a terminate that stands for a cancellation in Temporal. */
export const cancellationActor = 'orchestrator/cancellation';
