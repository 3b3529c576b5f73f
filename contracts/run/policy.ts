/** The policy of a run as it is given at creation (runs.md 4): any part of it, over the defaults of `runs.*`. */
import { z } from 'zod';
import { deadlineModes } from '../node/vocabulary.ts';
import { graceSeconds, largestSeconds } from './limits.ts';
import { startTimeoutActions, unresponsiveActions } from './vocabulary.ts';

const seconds = (least: number, most: number = largestSeconds) => z.number().int().min(least).max(most);

/** Single bounds; `domain/run/policy` checks the pairs once the defaults are filled in. */
export const runPolicySchema = z.strictObject({
  cadence_s: seconds(5, 300).optional(),
  stale_after_s: seconds(15).optional(),
  unresponsive_after_s: seconds(30).optional(),
  paused_stale_after_s: seconds(15).optional(),
  start_timeout_s: seconds(60, 604_800).optional(),
  on_start_timeout: z.enum(startTimeoutActions).optional(),
  terminate_grace_s: seconds(graceSeconds.least, graceSeconds.most).optional(),
  final_checkpoint_grace_s: seconds(graceSeconds.least, graceSeconds.most).optional(),
  on_unresponsive: z.strictObject({ action: z.enum(unresponsiveActions), after_s: seconds(0).default(0) }).optional(),
  deadlines: z.strictObject({ mode: z.enum(deadlineModes) }).optional(),
});
export type RunPolicyInput = z.input<typeof runPolicySchema>;
export type RunPolicyPart = Readonly<z.output<typeof runPolicySchema>>;
