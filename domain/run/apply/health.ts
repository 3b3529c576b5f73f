/** Steps over health (runs.md 4.1, 4.4): edges, pages, overrides, the end of an episode. */
import type { RunEventData } from '../../../contracts/run/events.ts';
import type { RunStep } from '../../../contracts/run/projection.ts';
import type { RunHealth } from '../../../contracts/run/vocabulary.ts';
import { episodeAt, escalate, holdPage, type Page, pageOf, resolvePage } from '../health/episode.ts';
import { silenceLimits, silentSince } from '../health/silence.ts';
import { instantText } from '../time.ts';
import type { ChangeDraft } from './draft.ts';
import { silenceFacts } from './evidence.ts';

type Step<S extends RunStep['step']> = Extract<RunStep, { readonly step: S }>;
type Cause = RunEventData<'run.health_changed'>['cause'];

/** One edge; nothing when the run is there already. */
export function changeHealth(draft: ChangeDraft, step: Step<'health'>): void {
  if (draft.run.health_status === step.to) return;
  if (step.to === 'healthy') recover(draft, step.cause);
  else if (step.to === 'heartbeat_stale') becomeStale(draft, step);
  else becomeUnresponsive(draft, step);
}

function becomeStale(draft: ChangeDraft, { incident_id }: Step<'health'>): void {
  const { run } = draft;
  const episode = episodeAt(run, draft.context.now);
  const limit = limits(draft).stale_s ?? run.policy.stale_after_s;
  draft.set({
    episode,
    // A number that goes on keeps what became of its page.
    ...(episode === run.episode ? {} : { unresponsive_episode: null, page_state: null }),
    status_message: `no heartbeat for more than ${String(limit)} s`,
  });
  enter(draft, 'heartbeat_stale', 'silence', null, incident_id);
}

function becomeUnresponsive(draft: ChangeDraft, { incident_id }: Step<'health'>): void {
  const { page_state, page, recommends } = escalate(draft.run, incident_id !== null);
  const limit = limits(draft).unresponsive_s ?? draft.run.policy.unresponsive_after_s;
  draft.set({
    page_state,
    unresponsive_episode: draft.run.episode,
    grace_until: null,
    status_message: `no heartbeat for more than ${String(limit)} s`,
  });
  enter(draft, 'unresponsive', 'silence', page, incident_id);
  if (recommends) {
    draft.emit('run.terminate_recommended', { episode: draft.run.episode, ...silence(draft) }, { incident_id });
  }
}

function recover(draft: ChangeDraft, cause: Cause): void {
  const { page_state, page } = resolvePage(draft.run);
  draft.set({ page_state, status_message: null, grace_until: null });
  enter(draft, 'healthy', cause, page, null);
}

/** What an incident or an override held back. */
export function sendHeldPage(draft: ChangeDraft): void {
  if (draft.run.health_status !== 'unresponsive' || draft.run.page_state !== 'held') return;
  draft.set({ page_state: 'open' });
  tell(draft, 'unresponsive', 'incident_closed', pageOf(draft.run, 'trigger'), null);
}

/** Holds the run back from `unresponsive`; takes it back when it is there already, in the same episode. */
export function overrideHealth(draft: ChangeDraft, { extend_s, actor, reason }: Step<'override'>): void {
  const graceUntil = instantText(draft.context.now + extend_s * 1_000);
  draft.set({ grace_until: graceUntil });
  draft.emit('run.health_override', {
    actor_type: actor.type,
    actor_id: actor.id,
    reason,
    extend_seconds: extend_s,
    grace_until: graceUntil,
  });
  if (draft.run.health_status !== 'unresponsive') return;
  const { page_state, page } = holdPage(draft.run);
  draft.set({ page_state, status_message: `silent; held until ${graceUntil}` });
  enter(draft, 'heartbeat_stale', 'override', page, null);
}

/** A new attempt begins healthy. */
export function endEpisodeByReset(draft: ChangeDraft): void {
  if (draft.run.health_status !== 'healthy') recover(draft, 'reset');
  draft.set({ health_since: draft.at, unresponsive_episode: null, page_state: null, grace_until: null });
}

/** The run has ended: its health is frozen, its page resolved. */
export function resolveAtEnd(draft: ChangeDraft): void {
  const { page_state, page } = resolvePage(draft.run);
  draft.set({ page_state, grace_until: null });
  if (page !== null) tell(draft, draft.run.health_status, 'end', page, null);
}

function enter(
  draft: ChangeDraft,
  health: RunHealth,
  cause: Cause,
  page: Page | null,
  incidentId: string | null,
): void {
  const previous = draft.run.health_status;
  draft.set({ health_status: health, health_since: draft.at });
  tell(draft, previous, cause, page, incidentId);
}

function tell(
  draft: ChangeDraft,
  previous: RunHealth,
  cause: Cause,
  page: Page | null,
  incidentId: string | null,
): void {
  const { health_status: current, episode } = draft.run;
  draft.emit(
    'run.health_changed',
    { previous, current, cause, episode, ...silence(draft), page },
    { incident_id: incidentId },
  );
}

function silence(draft: ChangeDraft): { readonly last_heartbeat_at: string | null; readonly age_s: number } {
  const facts = silenceFacts(draft.run, draft.context);
  const since = silentSince(facts, draft.context.paths);
  return {
    last_heartbeat_at: facts.last_heartbeat_at === null ? null : instantText(facts.last_heartbeat_at),
    age_s: Math.max(0, draft.context.now - since) / 1_000,
  };
}

function limits({ run, context }: ChangeDraft) {
  return silenceLimits(run.state, run.policy, context.telemetry?.cadence_s ?? run.policy.cadence_s);
}
