/**
 * What holds after every outage (registration.md 7, 9, 15), asked of Postgres and of who followed the events. Each
 * question answers with its violations, so that a failing test shows them; an empty list is a promise kept.
 */
import type { PublishedEvent } from '../../../contracts/event.ts';
import { isLegalStep } from '../../../domain/registration/states.ts';
import type { RegistrationState, TransitionKind } from '../../../contracts/node/vocabulary.ts';
import { selfCheckDomain } from '../../../workers/self-check.ts';
import { waitFor } from '../../support/cli.ts';
import { type Query, timing } from './chaos-stack.ts';
import type { AnsweredAck, ChaosFleet } from './fleet.ts';
import type { Follower } from './follower.ts';

export interface Step {
  readonly entity_id: string;
  readonly domain: string;
  readonly epoch: number;
  readonly version: number;
  readonly kind: TransitionKind;
  readonly from_state: RegistrationState | null;
  readonly to_state: RegistrationState;
  readonly event_id: string;
  readonly attempt_id: string | null;
  readonly reason_code: string | null;
}

/** All steps, in the order of each row. */
export function readSteps(query: Query): Promise<Step[]> {
  return query<Step & Record<string, unknown>>(
    `SELECT entity_id, domain, epoch::int, version::int, kind, from_state, to_state, event_id, attempt_id, reason_code
       FROM registration_transitions ORDER BY entity_id, domain, epoch, version`,
  );
}

/** Epochs and versions count without a gap, every step begins where the one before ended, and the table allows it. */
export function brokenChains(steps: readonly Step[]): string[] {
  return steps.flatMap((step, index) => {
    const { entity_id, domain, epoch, version, kind, from_state: from, to_state: to } = step;
    const previous = steps[index - 1];
    const before = previous?.entity_id === entity_id && previous.domain === domain ? previous : null;
    const follows =
      before === null
        ? epoch === 1 && version === 1 && from === null
        : from === before.to_state &&
          (epoch === before.epoch ? version === before.version + 1 : epoch === before.epoch + 1 && version === 1);
    if (follows && isLegalStep(kind, from, to)) return [];
    return [
      `${entity_id} ${epoch}.${version} ${kind} ${from} → ${to} after ${before?.epoch}.${before?.version} ${before?.to_state}`,
    ];
  });
}

/** Row, hot row, history, events and markers tell one story. */
export async function contradictions(query: Query): Promise<string[]> {
  const rows = await query<{ what: string }>(`
    WITH last AS (
      SELECT DISTINCT ON (entity_id, domain) * FROM registration_transitions
       ORDER BY entity_id, domain, epoch DESC, version DESC
    )
    SELECT 'row unlike its history: ' || p.entity_id AS what
      FROM registration_projections p LEFT JOIN last l USING (entity_id, domain)
     WHERE (p.epoch, p.version, p.current_state, p.attempt_id, p.last_applied_event_id)
           IS DISTINCT FROM (l.epoch, l.version, l.to_state, l.attempt_id, l.event_id)
    UNION ALL
    SELECT 'hot row unlike its row: ' || p.entity_id || ' ' || p.current_state || ' ' || coalesce(h.state::text, 'none')
      FROM registration_projections p LEFT JOIN node_liveness h USING (entity_id, domain)
     WHERE (h.epoch, h.state, h.attempt_id) IS DISTINCT FROM (p.epoch, p.current_state, p.attempt_id)
    UNION ALL
    SELECT 'history without a row: ' || l.entity_id FROM last l LEFT JOIN registration_projections p USING (entity_id, domain)
     WHERE p.entity_id IS NULL
    UNION ALL
    SELECT 'marker unlike state: ' || entity_id || ' ' || current_state FROM registration_projections
     WHERE (ack_timeout_emitted_at IS NOT NULL) <> (current_state = 'ack_timed_out')
        OR (liveness_timeout_emitted_at IS NOT NULL) <> (current_state = 'liveness_expired')
    UNION ALL
    SELECT 'step without its event: ' || t.entity_id || ' ' || t.epoch || '.' || t.version
      FROM registration_transitions t LEFT JOIN outbox o ON o.event_id = t.event_id
     WHERE o.event_id IS NULL OR o.subject_id <> t.entity_id::text OR (o.payload ->> 'to_state') <> t.to_state::text
        OR (o.payload ->> 'epoch')::bigint <> t.epoch OR (o.payload ->> 'version')::bigint <> t.version
    UNION ALL
    SELECT 'event without its step: ' || o.subject_id || ' ' || o.type
      FROM outbox o LEFT JOIN registration_transitions t ON t.event_id = o.event_id
     WHERE o.subject_kind = 'node' AND t.event_id IS NULL
    UNION ALL
    SELECT 'announced twice: ' || subject_id || ' ' || type FROM outbox
     WHERE type IN ('node.liveness_expired', 'node.registration.ack_timed_out', 'node.became_active')
     GROUP BY subject_id, domain, type, payload ->> 'epoch' HAVING count(*) > 1`);
  return rows.map(({ what }) => what);
}

/** How long past its deadline a state may last: the sweep's patience, its interval, and a machine that is busy, ms. */
const patience = 10_000 + timing.sweep + 9_000;

/** States that ought to have been left. */
export async function stuckRows(query: Query): Promise<string[]> {
  const rows = await query<{ what: string }>(
    `SELECT entity_id || ' ' || current_state || ' since ' || state_entered_at || ', now ' || clock_timestamp() AS what
       FROM registration_projections
      WHERE CASE current_state
              WHEN 'pending_registration' THEN state_entered_at
              WHEN 'ack_received' THEN state_entered_at
              WHEN 'accepted' THEN greatest(ack_deadline, $2)
              WHEN 'awaiting_ack' THEN greatest(ack_deadline, $2)
              WHEN 'ack_timed_out' THEN next_retry_at
            END < clock_timestamp() - $1 * interval '1 millisecond'`,
    [patience, await amnestyEnd(query)],
  );
  return rows.map(({ what }) => what);
}

async function amnestyEnd(query: Query): Promise<Date | null> {
  const [row] = await query<{ up_since: Date }>(`SELECT up_since FROM component_liveness WHERE component = 'ingest'`);
  return row === undefined ? null : new Date(row.up_since.getTime() + timing.ack);
}

/** Every ack that was taken led to an active node; nobody who beat was given up; whoever lived on never had to begin again. */
function falseJudgements(steps: readonly Step[], acks: readonly AnsweredAck[], fleet: ChaosFleet): string[] {
  const own = steps.filter(({ domain }) => domain !== selfCheckDomain);
  const lost = lostAcks(steps, acks);
  const given = own
    .filter(({ to_state, kind }) => kind === 'edge' && to_state === 'liveness_expired')
    .filter(({ entity_id, epoch }) => !fleet.abandoned.has(`${entity_id}/${epoch}`))
    .map(({ entity_id, epoch }) => `false expiry: ${entity_id} in epoch ${epoch}`);
  const steady = new Set(fleet.steady.map(({ id }) => id));
  const restless = own
    .filter(({ entity_id, epoch }) => steady.has(entity_id) && epoch > 1)
    .map(({ entity_id, epoch }) => `a steady node began again: ${entity_id} in epoch ${epoch}`);
  return [...lost, ...given, ...restless, ...fleet.stuck.map((node) => `never active: ${node}`)];
}

const taken: ReadonlySet<string> = new Set(['activated', 'recorded']);

/** Acks that were taken, of attempts that never became active. */
export function lostAcks(steps: readonly Step[], acks: readonly AnsweredAck[]): string[] {
  const activated = new Set(steps.filter(({ to_state }) => to_state === 'active').map(({ attempt_id }) => attempt_id));
  return acks
    .filter(({ result, attempt_id }) => taken.has(result) && !activated.has(attempt_id))
    .map(({ node_id, attempt_id, result }) => `ack lost: ${node_id} ${attempt_id} was answered ${result}`);
}

/** Resolves when every receipt that was promised has been applied; the sweep does it 10 s later at the latest. */
export async function receiptsApplied(query: Query, fleet: ChaosFleet): Promise<void> {
  const acks = [...fleet.acks];
  await waitFor(
    'the receipts to be applied',
    async () => lostAcks(await readSteps(query), acks).length === 0 || undefined,
    patience,
  );
}

/** Everything published came exactly once and in order. */
export async function brokenStream(query: Query, follower: Follower): Promise<string[]> {
  const published = await query<{ pub_seq: string; event_id: string }>(
    `SELECT pub_seq::text, event_id FROM outbox WHERE class = 'event' AND pub_seq IS NOT NULL ORDER BY outbox.pub_seq`,
  );
  const { events, failure } = follower;
  const failed =
    failure === null ? [] : [`the stream ended: ${failure instanceof Error ? failure.message : 'unknown'}`];
  const heard = new Map(events.map((event) => [event.event_id, event]));
  const missing = published
    .filter(({ event_id }) => !heard.has(event_id))
    .map(({ pub_seq, event_id }) => `never came: ${pub_seq} ${event_id}`);
  const twice = events.length === heard.size ? [] : [`${events.length - heard.size} came twice`];
  const known = new Set(published.map(({ event_id }) => event_id));
  const unknown = events
    .filter(({ event_id }) => !known.has(event_id))
    .map(({ pub_seq }) => `does not exist: ${pub_seq}`);
  return [...failed, ...missing.slice(0, 5), ...twice, ...unknown.slice(0, 5), ...disorder(events)];
}

/** Events of one node come in the order of (epoch, version), without a gap inside an epoch. */
export function disorder(events: readonly PublishedEvent[]): string[] {
  const last = new Map<string, { epoch: number; version: number }>();
  return events.flatMap(({ subject_kind, subject_id, domain, payload, pub_seq }) => {
    if (subject_kind !== 'node') return [];
    const key = `${domain}/${subject_id}`;
    const now = { epoch: Number(payload['epoch']), version: Number(payload['version']) };
    const before = last.get(key) ?? { epoch: 0, version: 0 };
    last.set(key, now);
    const follows =
      now.epoch === before.epoch
        ? now.version === before.version + 1
        : now.epoch === before.epoch + 1 && now.version === 1;
    return follows
      ? []
      : [`out of order: ${key} ${now.epoch}.${now.version} after ${before.epoch}.${before.version} (${pub_seq})`];
  });
}

/** Resolves when everything written has been published and heard. */
export async function allHeard(query: Query, follower: Follower): Promise<void> {
  await waitFor('the events to arrive', async () => {
    const [row] = await query<{ waiting: number; last: string }>(
      `SELECT (SELECT count(*)::int FROM outbox WHERE class = 'event' AND pub_seq IS NULL) AS waiting, last_pub_seq::text AS last
         FROM outbox_state`,
    );
    const heard =
      follower.failure !== null || BigInt(follower.events.at(-1)?.pub_seq ?? '0') >= BigInt(row?.last ?? '0');
    return (row?.waiting === 0 && heard) || undefined;
  });
}

/** All promises at once; holds at any moment, also while nodes handshake. */
export async function brokenPromises(query: Query, fleet: ChaosFleet, follower: Follower): Promise<string[]> {
  const acks = [...fleet.acks];
  const steps = await readSteps(query);
  return withHistory(query, [
    ...brokenChains(steps),
    ...(await contradictions(query)),
    ...(await stuckRows(query)),
    ...falseJudgements(steps, acks, fleet),
    ...disorder(follower.events),
  ]);
}

/** What happened to the nodes a list of violations names: without it nobody could tell why. */
async function withHistory(query: Query, violations: readonly string[]): Promise<string[]> {
  const ids = [
    ...new Set(violations.flatMap((text) => text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/) ?? [])),
  ];
  if (ids.length === 0) return [...violations];
  const rows = await query<{ line: string }>(
    `SELECT concat_ws(' ', entity_id, to_char(occurred_at, 'HH24:MI:SS.MS'), epoch || '.' || version, kind, from_state, '→', to_state,
                      'by', actor, reason_code, 'attempt', left(attempt_id::text, 8), 'cause', left(cause_id::text, 8)) AS line
       FROM registration_transitions WHERE entity_id = ANY ($1::uuid[]) ORDER BY entity_id, id`,
    [ids.slice(0, 5)],
  );
  return [...violations, ...rows.map(({ line }) => line)];
}
