/**
 * The policy of a run (runs.md 4): the part that was given over the defaults, and the bounds that pairs must keep. Single
 * bounds are in the schema; they are tested here again, because defaults come from a configuration.
 */
import type { RunPolicyPart } from '../../contracts/run/policy.ts';
import { graceSeconds, largestSeconds } from '../../contracts/run/limits.ts';
import type { RunPolicy } from '../../contracts/run/settings.ts';
import type { Violation } from './messages/check.ts';

/** Completes a policy; `defaults` are `runs.*` of the configuration. */
export function resolvePolicy(part: RunPolicyPart, defaults: RunPolicy): RunPolicy {
  // Members that are undefined must not hide a default.
  const given = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given };
}

/** Every bound that a policy breaks; none when it is sound. */
export function policyViolations(policy: RunPolicy): Violation[] {
  const bounds = [
    ...singleBounds.map(([field, least, most]) => ({ field, value: policy[field], least, most, of: '' })),
    pair(policy, 'stale_after_s', 3 * policy.cadence_s, '3 × cadence_s'),
    pair(policy, 'unresponsive_after_s', 2 * policy.stale_after_s, '2 × stale_after_s'),
    pair(policy, 'paused_stale_after_s', policy.stale_after_s, 'stale_after_s'),
    { field: 'on_unresponsive.after_s', value: policy.on_unresponsive.after_s, least: 0, most: largestSeconds, of: '' },
  ];
  return bounds
    .filter(({ value, least, most }) => !(Number.isSafeInteger(value) && value >= least && value <= most))
    .map(({ field, least, most, of }) => ({
      field: `policy.${field}`,
      rule: 'range',
      message: `must be an integer from ${String(least)}${of === '' ? '' : ` (${of})`} to ${String(most)}`,
    }));
}

const singleBounds = [
  ['cadence_s', 5, 300],
  ['start_timeout_s', 60, 604_800],
  ['terminate_grace_s', graceSeconds.least, graceSeconds.most],
  ['final_checkpoint_grace_s', graceSeconds.least, graceSeconds.most],
] as const;

function pair(
  policy: RunPolicy,
  field: 'stale_after_s' | 'unresponsive_after_s' | 'paused_stale_after_s',
  least: number,
  of: string,
) {
  return { field, value: policy[field], least, most: largestSeconds, of };
}

/** What agents are told, s: twice as much under load, as long as silence is still noticed in time. */
export function toldCadence(policy: RunPolicy, loaded: boolean): number {
  return loaded ? policy.cadence_s * 2 : policy.cadence_s;
}

/** Seconds of silence after which the health of a running run changes; wider while the agent was told to beat less often. */
export function silenceThresholds(
  policy: RunPolicy,
  toldCadenceS: number,
): { readonly stale_s: number; readonly unresponsive_s: number } {
  // A cadence told under no load grants nothing beyond the policy, whose own bounds are 3 and 6 cadences.
  const widened = toldCadenceS > policy.cadence_s;
  return {
    stale_s: widened ? Math.max(policy.stale_after_s, 3 * toldCadenceS) : policy.stale_after_s,
    unresponsive_s: widened ? Math.max(policy.unresponsive_after_s, 9 * toldCadenceS) : policy.unresponsive_after_s,
  };
}

/** Grace of a terminate, s: its own, else by whether it asks for a final checkpoint. */
export function terminateGrace(
  policy: RunPolicy,
  payload: { readonly grace_seconds?: number | undefined; readonly final_checkpoint?: boolean } | null,
): number {
  if (payload?.grace_seconds !== undefined) return payload.grace_seconds;
  return payload?.final_checkpoint === true ? policy.final_checkpoint_grace_s : policy.terminate_grace_s;
}
