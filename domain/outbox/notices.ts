/**
 * What a sink sends for a stretch of published events (registration.md 6.4, 9). A **notice** is one thing sent: an event,
 * or one word about a mass incident instead of hundreds of expiries. A **lane** holds the notices of one subject, which
 * keep their order; lanes do not wait for each other.
 *
 * Of an incident a sink hears once: by `fleet.incident_opened` if it wants that type, else by a notice about the expiries
 * found first. Whatever else expires under the incident's id is counted as told; how many they were in the end is in
 * `fleet.incident_closed`. The stream (SSE) folds nothing.
 */
import type { IncidentNotice, PublishedEvent } from '../../contracts/event.ts';

export type Notice =
  | { readonly kind: 'event'; readonly event: PublishedEvent }
  | { readonly kind: 'incident'; readonly notice: IncidentNotice };

export interface PlannedNotice {
  readonly notice: Notice;
  /** Numbers of the events that are told with it, the event's own included; ascending. */
  readonly covers: readonly string[];
  /** Incident that is announced once this has been delivered. */
  readonly announces: string | null;
}

export interface NoticePlan {
  /** Lanes in the order of their first event. */
  readonly lanes: readonly (readonly PlannedNotice[])[];
  /** Numbers of events about which nothing more is to be sent. */
  readonly folded: readonly string[];
}

const sampleSize = 20;

/**
 * Sorts events into lanes and folds expiries of incidents.
 *
 * @param events in their order
 * @param announced incidents this sink has told of
 */
export function planNotices(events: readonly PublishedEvent[], announced: readonly string[]): NoticePlan {
  const groups = new Map<string, PublishedEvent[]>();
  const openings = new Map<string, PublishedEvent>();
  const folded: string[] = [];
  const single: PublishedEvent[] = [];
  for (const event of events) {
    const incident = incidentOf(event);
    if (incident === null) single.push(event);
    else if (event.type === 'fleet.incident_opened') openings.set(incident, event);
    else if (announced.includes(incident)) folded.push(event.pub_seq);
    else {
      const group = groups.get(incident);
      if (group === undefined) groups.set(incident, [event]);
      else group.push(event);
    }
  }
  const planned = [
    ...single.map((event) => alone(event)),
    ...[...openings].map(([incident, event]) => opening(event, incident, groups.get(incident) ?? [])),
    ...[...groups].filter(([incident]) => !openings.has(incident)).map(([incident, group]) => grouped(incident, group)),
  ];
  return { lanes: lanesOf(planned), folded };
}

/** The incident whose one notice an event belongs to: that of an expiry, or the one that opens. */
function incidentOf({ type, payload }: PublishedEvent): string | null {
  if (type !== 'node.liveness_expired' && type !== 'fleet.incident_opened') return null;
  const incident = payload['incident_id'];
  return typeof incident === 'string' ? incident : null;
}

function alone(event: PublishedEvent): PlannedNotice {
  return { notice: { kind: 'event', event }, covers: [event.pub_seq], announces: null };
}

function opening(event: PublishedEvent, incident: string, expiries: readonly PublishedEvent[]): PlannedNotice {
  const covers = [event, ...expiries].map(({ pub_seq }) => pub_seq).sort(byNumber);
  return { notice: { kind: 'event', event }, covers, announces: incident };
}

function grouped(incident: string, expiries: readonly PublishedEvent[]): PlannedNotice {
  const covers = expiries.map(({ pub_seq }) => pub_seq);
  const notice: IncidentNotice = {
    type: 'fleet.incident_notice',
    schema_version: 1,
    incident_id: incident,
    count: expiries.length,
    sample: expiries.slice(0, sampleSize).map(({ subject_id }) => subject_id),
    first_pub_seq: covers[0] ?? '0',
    last_pub_seq: covers.at(-1) ?? '0',
  };
  return { notice: { kind: 'incident', notice }, covers, announces: incident };
}

function lanesOf(planned: readonly PlannedNotice[]): PlannedNotice[][] {
  const lanes = new Map<string, PlannedNotice[]>();
  for (const entry of planned.toSorted(byHead)) {
    const name = laneOf(entry);
    const lane = lanes.get(name);
    if (lane === undefined) lanes.set(name, [entry]);
    else lane.push(entry);
  }
  return [...lanes.values()];
}

/** All that is said of one incident is in one lane, so that it closes after it opened. */
function laneOf({ notice, announces }: PlannedNotice): string {
  if (notice.kind === 'incident') return `incident/${notice.notice.incident_id}`;
  const { subject_kind, subject_id, domain, type, payload } = notice.event;
  const incident = announces ?? (type.startsWith('fleet.') ? payload['incident_id'] : null);
  return typeof incident === 'string' ? `incident/${incident}` : `${subject_kind}/${domain ?? ''}/${subject_id}`;
}

/** First number a notice covers: its place in the order, and its name while it is tried again. */
export function headOf({ covers }: PlannedNotice): string {
  return covers[0] ?? '0';
}

export function byHead(a: PlannedNotice, b: PlannedNotice): number {
  return byNumber(headOf(a), headOf(b));
}

/** Order of numbers written in decimal digits. */
export function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
