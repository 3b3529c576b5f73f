/** Sizes and counts of the border that are no settings (runs.md 5, 6, 9, 12). Bytes are of the body as sent. */

export const heartbeatBodyLimit = 32_768;
/** Commands, acks, reports, resets, overrides, artifacts. */
export const controlBodyLimit = 32_768;
export const createRunBodyLimit = 262_144;
export const heartbeatBatchLimit = 4 * 1024 * 1024;
export const heartbeatBatchItems = 5_000;

/** Of runs, commands, experiments, versions, reports. */
export const longestRunId = 128;
export const runIdPattern = /^[A-Za-z0-9._:-]{1,128}$/;
export const mostQueuedCommands = 256;
/** Texts in code points. */
export const longestBeatNotes = 4_096;
export const longestTuneNotes = 1_024;
export const longestReason = 256;
export const longestAckMessage = 1_024;
/** Of `applied` in an ack, bytes of JSON. */
export const largestApplied = 16_384;
export const longestActorId = 128;
/** Open commands of one run. */
export const mostOpenCommands = 32;

/** Least gap between two accepted beats of one status, ms; exactly this much passes (runs.md 4). */
export const throttleMs = 5_000;
/** Status changes that pass the throttle, per run and node, within `statusChangeSpanMs`. */
export const mostStatusChanges = 5;
export const statusChangeSpanMs = 10_000;
/** An episode that begins within this time of the end of the one before keeps its number, ms. */
export const flapSpanMs = 300_000;
/** Longest time a beat may be said to have waited at the gateway, ms. */
export const longestBeatWaitMs = 10_000;

/** Seconds an override may last. */
export const overrideSeconds = { least: 1, most: 86_400 } as const;
/** Seconds a terminate may grant. */
export const graceSeconds = { least: 0, most: 3_600 } as const;
/** Seconds of a long-poll. */
export const longPollSeconds = { least: 0, most: 25 } as const;
/** Columns of type integer. */
export const largestSeconds = 2_147_483_647;

/** Bounds of the tunables; a lower bound that is `open` is not in the range itself. */
export const tuneBounds = {
  learning_rate: { min: 0, max: 1, open: true },
  entropy_coef: { min: 0, max: 0.1, open: false },
  clip_epsilon: { min: 0.05, max: 0.3, open: false },
} as const;

/** Command ids a workflow remembers, with their body hashes. */
export const mostRecentCommands = 200;
/** What a workflow hands to its next run, bytes of JSON at the worst. */
export const largestCarry = 256 * 1024;
/** Temporal: when a run's workflow continues as new (runs.md 12). */
export const continueAsNewLimits = { signals: 2_000, updates: 1_000, age_ms: 7 * 86_400_000 } as const;
