/**
 * Whether what a verdict rests on still holds (runs.md P3, 4.2), tested after the rows are locked: so no beat that commits
 * between a verdict's reading and its writing is overruled by it.
 */
import type { ChangeEvidence } from '../../../contracts/run/projection.ts';
import type { RunCore } from '../../../contracts/run/row.ts';
import { isBeyond, isDeaf, type SilenceFacts, silenceLimits, silentSince } from '../health/silence.ts';
import { instantOf, instantOrNull } from '../time.ts';
import type { ApplyContext } from './types.ts';

export function evidenceHolds(evidence: ChangeEvidence, run: RunCore, context: ApplyContext): boolean {
  const { now } = context;
  const facts = silenceFacts(run, context);
  switch (evidence.evidence) {
    case 'silence': {
      if (!isSameBeat(evidence.last_heartbeat_at, facts) || isDeaf(facts, context.paths, now)) return false;
      const limits = silenceLimits(run.state, run.policy, context.telemetry?.cadence_s ?? run.policy.cadence_s);
      const limit = evidence.reaches === 'unresponsive' ? limits.unresponsive_s : limits.stale_s;
      return isBeyond(silentSince(facts, context.paths), limit, now);
    }
    case 'state_since':
      return run.state === evidence.state && now - facts.state_entered_at >= evidence.for_s * 1_000;
    case 'unresponsive_since':
      return (
        run.health_status === 'unresponsive' &&
        isSameBeat(evidence.last_heartbeat_at, facts) &&
        now - instantOf(run.health_since) >= evidence.for_s * 1_000
      );
    case 'terminate_grace_over':
      return (
        run.state === 'terminating' && run.terminate_deadline_at !== null && now >= instantOf(run.terminate_deadline_at)
      );
  }
}

/** The facts of silence as the locked rows have them. */
export function silenceFacts(run: RunCore, { telemetry }: Pick<ApplyContext, 'telemetry'>): SilenceFacts {
  const current = telemetry !== null && telemetry.attempt === run.attempt ? telemetry : null;
  return {
    last_heartbeat_at: instantOrNull(current?.last_heartbeat_at ?? null),
    state_entered_at: instantOf(run.state_entered_at),
    attempt_granted_at: instantOf(run.attempt_granted_at),
    via: current?.via ?? null,
  };
}

function isSameBeat(named: string | null, { last_heartbeat_at }: SilenceFacts): boolean {
  return instantOrNull(named) === last_heartbeat_at;
}
