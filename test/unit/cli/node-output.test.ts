import { describe, expect, it } from 'vitest';
import { type RegistrationState, registrationStates } from '../../../contracts/node/vocabulary.ts';
import { palette } from '../../../cli/output/colour.ts';
import { renderAnswer } from '../../../cli/output/node-answer.ts';
import { eventDocument, eventLine } from '../../../cli/output/node-event.ts';
import { renderNode } from '../../../cli/output/node-page.ts';
import { isRegistrationState, paintState } from '../../../cli/output/node-state.ts';
import { renderCounts, renderNodes } from '../../../cli/output/node-table.ts';
import { deadlineOf, shownAge, shownDistance } from '../../../cli/output/node-times.ts';
import { at, attemptId, event, introspected, livenessRow, nodeId, nodeRow } from './support/nodes.ts';

const now = Date.parse(at) + 12_000;
const plain = palette(false);
const wide = Number.POSITIVE_INFINITY;

describe('distances', () => {
  it.each([
    [null, '-'],
    [at, '12.0 s'],
    ['2026-01-01T12:05:00.000Z', '0 ms'],
  ])('the age of %s is %s', (instant, shown) => expect(shownAge(instant, now)).toBe(shown));

  it.each([
    ['2026-01-01T12:01:30.000Z', 'in 1 min 18 s'],
    [at, '12.0 s ago'],
    ['2026-01-01T12:00:12.000Z', 'in 0 ms'],
  ])('%s is %s', (instant, shown) => expect(shownDistance(instant, now)).toBe(shown));
});

describe('the deadline that matters', () => {
  const row = { ack_deadline: 'ack', liveness_deadline: 'liveness', next_retry_at: 'retry' };
  const expected: Readonly<Record<RegistrationState, string | null>> = {
    pending_registration: null,
    accepted: 'ack',
    awaiting_ack: 'ack',
    rejected: null,
    ack_timed_out: 'retry',
    ack_received: null,
    active: 'liveness',
    liveness_expired: null,
  };
  it.each(registrationStates)('of %s', (state) =>
    expect(deadlineOf({ ...row, current_state: state })).toBe(expected[state]),
  );
});

describe('lists', () => {
  it('name, state, epoch, age of the last beat and deadline come first', () => {
    const silent = nodeRow({
      node_name: null,
      current_state: 'liveness_expired',
      last_heartbeat_at: null,
      entity_id: attemptId,
    });
    expect(renderNodes([nodeRow(), silent], now, wide)).toBe(
      [
        'NAME    STATE             EPOCH  LAST BEAT  DEADLINE       TYPE    VERSION  ID',
        `mailer  active                2     12.0 s  in 1 min 18 s  effect  1.2.0    ${nodeId}`,
        `-       liveness_expired      2          -  -              effect  1.2.0    ${attemptId}`,
        '',
      ].join('\n'),
    );
  });

  it('names the domain only where there are several', () => {
    expect(renderNodes([nodeRow()], now, wide)).not.toContain('DOMAIN');
    expect(renderNodes([nodeRow(), nodeRow({ domain: 'other' })], now, wide)).toMatch(
      /DOMAIN.*\n.*registration.*\n.*other/,
    );
  });

  it('shows names that would move the cursor as bytes', () => {
    expect(renderNodes([nodeRow({ node_name: 'a\u001b[2Jb' })], now, wide)).toContain('a\\x1b[2Jb');
  });

  it('counts all eight states, zeros too', () => {
    const counts = { ...zeroCounts(), active: 12, total: 12 };
    const lines = renderCounts(counts).split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[7]).toBe('active                   12');
    expect(lines[1]).toBe('pending_registration      0');
    expect(lines[9]).toBe('total                    12');
  });
});

function zeroCounts() {
  return {
    pending_registration: 0,
    accepted: 0,
    awaiting_ack: 0,
    rejected: 0,
    ack_timed_out: 0,
    ack_received: 0,
    active: 0,
    liveness_expired: 0,
    total: 0,
  };
}

describe('a page', () => {
  it('tells what the node is, how it stands and what it says of itself', () => {
    const row = nodeRow({ component_ref: 'mail@1.0.0', endpoints: { http: 'http://10.0.0.1', control: 'http://x' } });
    const page = renderNode({ row, live: livenessRow() }, now, wide, plain);
    expect(page).toBe(
      `node:       mailer
id:         ${nodeId}
domain:     registration
type:       effect 1.2.0
component:  mail@1.0.0
state:      active since ${at}
epoch:      2.5, attempt 1
attempt:    ${attemptId}
deadline:   2026-01-01T12:01:30.000Z, in 1 min 18 s
last beat:  ${at}, 12.0 s ago, by gateway
status:     healthy
registered: ${at}
tags:       node.effect
endpoints:  control, http

telemetry
  beats:      4 since active, every 30.0 s
  window:     1 min 30 s
  up:         1 min 2 s
  operations: 3
  memory:     128 MB
  cpu:        12.5 %
  node clock: ${at}, 12.0 s ago
`,
    );
  });

  it('never shows where an endpoint is', () => {
    const page = renderNode({ row: nodeRow({ endpoints: { a: 'http://10.9.8.7' } }), live: null }, now, wide, plain);
    expect(page).not.toContain('10.9.8.7');
  });

  it.each([
    [{ expiry_reason: 'missed_heartbeats' as const }, 'reason:     missed_heartbeats'],
    [
      { reason_code: 'domain_closed', rejection_reason: 'the domain x takes no nodes' },
      'reason:     domain_closed: the domain x takes no nodes',
    ],
  ])('says why: %j', (changes, line) => {
    expect(renderNode({ row: nodeRow(changes), live: null }, now, wide, plain)).toContain(line);
  });

  it("adds the workflow's own view and the transitions when asked", () => {
    const snapshot = {
      entity_id: nodeId,
      domain: 'registration',
      state: 'active' as const,
      epoch: 2,
      version: 5,
      attempt_id: attemptId,
      attempt_number: 1,
      ack_deadline: null,
      liveness_deadline: null,
      next_retry_at: null,
      next_heartbeat_in_ms: null,
      inbox_length: 0,
      timer: { purpose: 'liveness check', due_at: '2026-01-01T12:01:30.100Z' },
      mode: 'precise' as const,
      heartbeat: null,
    };
    const transition = {
      id: 7,
      entity_id: nodeId,
      domain: 'registration',
      epoch: 2,
      version: 5,
      kind: 'edge' as const,
      from_state: 'ack_received' as const,
      to_state: 'active' as const,
      event_id: attemptId,
      cause_id: null,
      correlation_id: null,
      attempt_id: attemptId,
      actor: 'node:x',
      reason_code: null,
      deadline_at: null,
      occurred_at: at,
    };
    const page = renderNode({ row: nodeRow(), live: null, snapshot, transitions: [transition] }, now, wide, plain);
    expect(page).toContain(
      '\nworkflow\n  state: active\n  epoch: 2.5\n  inbox: 0\n  timer: liveness check in 1 min 18 s\n',
    );
    expect(page).toContain(`${at}   2.5  edge  ack_received  active  -       node:x\n`);
  });
});

describe('answers', () => {
  const show = (changes: Parameters<typeof introspected>[0], domain?: string) =>
    renderAnswer(
      [['registered', 'true']],
      { node_id: nodeId, ...(domain === undefined ? {} : { domain }) },
      introspected(changes),
      plain,
    );

  it('have the literal lines scripts look for, one blank after the colon', () => {
    expect(show({}, 'registration')).toBe(
      [
        'registered: true',
        `node: ${nodeId}`,
        'state: awaiting_ack',
        'epoch: 1',
        `attempt: ${attemptId} (1)`,
        'ack deadline: 2026-01-01T12:00:30.000Z, in 30.0 s',
        'next: ack',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [{ next: 'heartbeat' as const }, 'next: heartbeat in 29.1 s'],
    [{ next: 'introspect' as const, retry_after_ms: 60_000 }, 'next: introspect in 1 min'],
    [{ reason: { code: 'domain_closed', text: 'closed\u001b[2J' } }, 'reason: domain_closed: closed\\x1b[2J'],
    [{ ack_in_ms: -5 }, 'ack deadline: 2026-01-01T12:00:30.000Z, in 0 ms'],
  ])('%j is told as %s', (changes, line) => expect(show(changes).split('\n')).toContain(line));

  it('leave out what means nothing, and name a domain that is not the usual one', () => {
    const nothing = { state: null, epoch: null, attempt_id: null, ack_deadline: null, next: null };
    expect(show(nothing)).toBe(`registered: true\nnode: ${nodeId}\n`);
    expect(show(nothing, 'other')).toBe(`registered: true\nnode: ${nodeId}\ndomain: other\n`);
  });
});

describe('states', () => {
  it('have colour only where colour may be used', () => {
    for (const state of registrationStates) expect(paintState(state, plain)).toBe(state);
    expect(paintState('active', palette(true))).toBe('\u001b[32mactive\u001b[39m');
    expect(paintState('liveness_expired', palette(true))).toContain('\u001b[31m');
  });

  it('are told from other words', () => {
    expect(registrationStates.every(isRegistrationState)).toBe(true);
    expect(['gone', '', null, 3, undefined].some(isRegistrationState)).toBe(false);
  });
});

describe('events', () => {
  it('are the envelope with its number for programs', () => {
    expect(eventDocument(event(41))).toMatchObject({
      pub_seq: '41',
      published_at: at,
      type: 'node.became_active',
      to_state: 'active',
      epoch: 1,
    });
    expect(eventDocument(event(41))).not.toHaveProperty('subject_id');
  });

  it('of other producers keep their own payload', () => {
    expect(eventDocument(event(3, { payload: { a: 1 } }))).toMatchObject({
      pub_seq: '3',
      subject_id: nodeId,
      payload: { a: 1 },
    });
  });

  it('are one line for people', () => {
    expect(eventLine(event(41), plain)).toBe(
      `     41  ${at}  node.became_active  ack_received → active  ${nodeId}  epoch 1.5\n`,
    );
  });

  it.each([
    ['expiry_reason', 'missed_heartbeats'],
    ['reason_code', 'domain_closed'],
    ['current', 'degraded'],
    ['count', 12],
  ])('tell the %s', (key, value) => {
    const { payload } = event(1);
    const line = eventLine(event(1, { payload: { ...payload, payload: { [key]: value } } }), plain);
    expect(line.trimEnd().endsWith(`  ${value}`)).toBe(true);
  });

  it('do not repeat a state that did not change', () => {
    const { payload } = event(1);
    const line = eventLine(event(1, { payload: { ...payload, from_state: 'active' } }), plain);
    expect(line).toContain('  active  ');
    expect(line).not.toContain('→');
  });
});
