import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PublishedEvent } from '../../../../contracts/event.ts';
import { byNumber, headOf, planNotices } from '../../../../domain/outbox/notices.ts';

const incident = '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b';

function event(pub_seq: number, changes: Partial<PublishedEvent> = {}): PublishedEvent {
  return {
    pub_seq: String(pub_seq),
    event_id: `event-${pub_seq}`,
    topic: 'nodes',
    type: 'node.became_active',
    subject_kind: 'node',
    subject_id: `node-${pub_seq}`,
    domain: 'registration',
    payload: {},
    published_at: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

const expiry = (pub_seq: number, incident_id: string | null = incident) =>
  event(pub_seq, { type: 'node.liveness_expired', payload: { incident_id } });
const fleet = (pub_seq: number, type: string) =>
  event(pub_seq, { type, subject_kind: 'fleet', subject_id: incident, payload: { incident_id: incident } });

const shape = (events: readonly PublishedEvent[], announced: readonly string[] = []) => {
  const { lanes, folded } = planNotices(events, announced);
  return {
    folded,
    lanes: lanes.map((lane) =>
      lane.map(({ notice, covers, announces }) => ({
        sends: notice.kind === 'event' ? notice.event.pub_seq : `incident of ${notice.notice.count}`,
        covers: covers.join(' '),
        ...(announces === null ? {} : { announces }),
      })),
    ),
  };
};

describe('events of different subjects', () => {
  it('go in lanes, in order within each', () => {
    const events = [event(1, { subject_id: 'a' }), event(2, { subject_id: 'b' }), event(3, { subject_id: 'a' })];
    expect(shape(events).lanes.map((lane) => lane.map(({ sends }) => sends))).toEqual([['1', '3'], ['2']]);
  });

  it('are told apart by kind and domain too', () => {
    const events = [
      event(1, { subject_id: 'a' }),
      event(2, { subject_id: 'a', domain: 'other' }),
      event(3, { subject_id: 'a', domain: null }),
      event(4, { subject_id: 'a', subject_kind: 'run' }),
    ];
    expect(shape(events).lanes).toHaveLength(4);
  });
});

describe('an incident', () => {
  it('that opens is the notice of the expiries around it', () => {
    const events = [fleet(1, 'fleet.incident_opened'), expiry(2), expiry(3)];
    expect(shape(events)).toEqual({ folded: [], lanes: [[{ sends: '1', covers: '1 2 3', announces: incident }]] });
  });

  it('of which the sink has told folds everything that follows', () => {
    expect(shape([expiry(5), expiry(6), event(7)], [incident])).toEqual({
      folded: ['5', '6'],
      lanes: [[{ sends: '7', covers: '7' }]],
    });
  });

  it('whose opening the sink does not want is told by one notice of the expiries', () => {
    const { lanes } = planNotices([expiry(1), expiry(2), expiry(3)], []);
    expect(lanes).toHaveLength(1);
    expect(lanes[0]?.[0]).toEqual({
      notice: {
        kind: 'incident',
        notice: {
          type: 'fleet.incident_notice',
          schema_version: 1,
          incident_id: incident,
          count: 3,
          sample: ['node-1', 'node-2', 'node-3'],
          first_pub_seq: '1',
          last_pub_seq: '3',
        },
      },
      covers: ['1', '2', '3'],
      announces: incident,
    });
  });

  it('names at most twenty of its nodes', () => {
    const { lanes } = planNotices(
      Array.from({ length: 50 }, (_, index) => expiry(index + 1)),
      [],
    );
    const notice = lanes[0]?.[0]?.notice;
    expect(notice?.kind === 'incident' && [notice.notice.count, notice.notice.sample.length]).toEqual([50, 20]);
  });

  it('closes after it opened, in the same lane', () => {
    const events = [fleet(1, 'fleet.incident_opened'), expiry(2), fleet(3, 'fleet.incident_closed')];
    expect(shape(events).lanes.map((lane) => lane.map(({ sends }) => sends))).toEqual([['1', '3']]);
    expect(shape([fleet(3, 'fleet.incident_closed')], [incident]).lanes).toEqual([[{ sends: '3', covers: '3' }]]);
  });

  it('is told apart from another, and from expiries that belong to none', () => {
    const other = '0190a2b4-7c1d-7e2f-8a3b-000000000000';
    const { lanes } = shape([expiry(1), expiry(2, other), expiry(3, null)], []);
    expect(lanes.map((lane) => lane.map(({ sends }) => sends))).toEqual([['incident of 1'], ['incident of 1'], ['3']]);
  });
});

it('every event is sent, covered or folded exactly once, and lanes are in order', () => {
  const one = fc.record({
    kind: fc.constantFrom('plain', 'expiry', 'opened', 'closed'),
    subject: fc.constantFrom('a', 'b', 'c'),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), fc.boolean(), (kinds, told) => {
      let opened = false;
      const events = kinds.map(({ kind, subject }, index) => {
        const seq = index + 1;
        // An incident opens once.
        const isFirst = kind === 'opened' && !opened;
        opened ||= kind === 'opened';
        if (isFirst) return fleet(seq, 'fleet.incident_opened');
        if (kind === 'expiry') return expiry(seq);
        return kind === 'closed' ? fleet(seq, 'fleet.incident_closed') : event(seq, { subject_id: subject });
      });
      const { lanes, folded } = planNotices(events, told ? [incident] : []);
      const covered = [...folded, ...lanes.flat().flatMap(({ covers }) => covers)];
      expect(covered.toSorted(byNumber)).toEqual(events.map(({ pub_seq }) => pub_seq));
      for (const lane of lanes) expect(lane.map(headOf)).toEqual(lane.map(headOf).toSorted(byNumber));
    }),
  );
});

it('numbers are compared as numbers', () => {
  expect(['10', '9', '9223372036854775807', '100', '0'].toSorted(byNumber)).toEqual([
    '0',
    '9',
    '10',
    '100',
    '9223372036854775807',
  ]);
});
