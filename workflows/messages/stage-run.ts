/**
 * Names and shapes of what a stage run understands (stages.md 6.3). Clients import this file, so it loads nothing: the
 * definitions themselves are made inside the workflow.
 */
export type {
  CancelAnswer,
  CancelCommand,
  ProgressView,
  ProgressWait,
  StageRunResult,
} from '../../contracts/stage-workflow.ts';

/** Workflow type. */
export const stageRunType = 'stageRun';

export const stageRunMessages = {
  /** Update: asks the run to stop; the update id is the command id. */
  cancel: 'cancel',
  /** Query: where the run stands. */
  progress: 'progress',
  /** Update: the same, answered once the version passed `since_version`. */
  awaitProgress: 'awaitProgress',
} as const;
