/** One node as a page: what it is, how it stands, its telemetry, its transitions and its workflow's own view. */
import type { NodeLivenessRow, NodeRow, TransitionRow } from '../../contracts/node/row.ts';
import type { RegistrationSnapshot } from '../../contracts/node/workflow.ts';
import type { Palette } from './colour.ts';
import { shownDuration } from './duration.ts';
import { type Fact, renderFacts } from './facts.ts';
import { paintState } from './node-state.ts';
import { deadlineOf, shownAge, shownDistance } from './node-times.ts';
import { safeText } from './safe-text.ts';
import { renderTable } from './table.ts';

export interface NodePage {
  readonly row: NodeRow;
  readonly live: NodeLivenessRow | null;
  /** Newest first. */
  readonly transitions?: readonly TransitionRow[];
  readonly snapshot?: RegistrationSnapshot;
}

export function renderNode(page: NodePage, now: number, width: number, paint: Palette): string {
  const { row, live, transitions, snapshot } = page;
  return [
    renderFacts([...identity(row), ...standing(row, live, now, paint), ...offers(row)], { aligned: true, painted }),
    ...(live === null ? [] : [`\ntelemetry\n${indented(renderFacts(telemetry(live, now), { aligned: true }))}`]),
    ...(snapshot === undefined
      ? []
      : [`\nworkflow\n${indented(renderFacts(workflow(snapshot, now), { aligned: true }))}`]),
    ...(transitions === undefined ? [] : [`\n${renderTransitions(transitions, width)}`]),
  ].join('');
}

const painted = new Set(['state']);

function identity(row: NodeRow): readonly Fact[] {
  return [
    ['node', row.node_name ?? '(no name)'],
    ['id', row.entity_id],
    ['domain', row.domain],
    ['type', `${row.node_type} ${row.node_version}`],
    ['component', row.component_ref ?? row.component_id],
    ['instance', row.instance_id],
  ];
}

function standing(row: NodeRow, live: NodeLivenessRow | null, now: number, paint: Palette): readonly Fact[] {
  const deadline = deadlineOf(row);
  const beat = live?.last_heartbeat_at ?? row.last_heartbeat_at;
  return [
    ['state', `${paintState(row.current_state, paint)} since ${row.state_entered_at}`],
    ['epoch', `${row.epoch}.${row.version}, attempt ${row.attempt_number}`],
    ['attempt', row.attempt_id],
    ['deadline', deadline === null ? null : `${deadline}, ${shownDistance(deadline, now)}`],
    ['last beat', beat === null ? null : `${beat}, ${shownAge(beat, now)} ago, by ${row.path}`],
    ['status', row.reported_status],
    ['reason', reasonOf(row)],
    ['flapping until', row.flapping_until],
    ['registered', row.registered_at],
  ];
}

function reasonOf(row: NodeRow): string | null {
  const parts = [row.expiry_reason, row.reason_code, row.rejection_reason].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(': ');
}

function offers(row: NodeRow): readonly Fact[] {
  return [
    ['tags', listed(row.capability_tags)],
    ['intents', listed(row.intent_types)],
    ['protocols', listed(row.protocols)],
    ['subscribes', listed(row.subscribe_topics)],
    ['publishes', listed(row.publish_topics)],
    ['endpoints', listed(Object.keys(row.endpoints).sort())],
  ];
}

function listed(words: readonly string[]): string | null {
  return words.length === 0 ? null : words.join(', ');
}

function telemetry(live: NodeLivenessRow, now: number): readonly Fact[] {
  return [
    ['beats', `${live.beats_since_active} since active, every ${shownDuration(live.interval_ms)}`],
    ['window', shownDuration(live.window_ms)],
    ['up', live.uptime_seconds === null ? null : shownDuration(live.uptime_seconds * 1000)],
    ['operations', shownNumber(live.active_operations_count)],
    ['memory', live.memory_usage_mb === null ? null : `${live.memory_usage_mb} MB`],
    ['cpu', live.cpu_usage_percent === null ? null : `${live.cpu_usage_percent} %`],
    [
      'node clock',
      live.node_clock_at === null ? null : `${live.node_clock_at}, ${shownDistance(live.node_clock_at, now)}`,
    ],
    ['ack received', live.ack_received_at],
  ];
}

function shownNumber(value: number | null): string | null {
  return value === null ? null : String(value);
}

function workflow(snapshot: RegistrationSnapshot, now: number): readonly Fact[] {
  const { timer } = snapshot;
  return [
    ['state', snapshot.state ?? '-'],
    ['epoch', `${snapshot.epoch}.${snapshot.version}`],
    ['inbox', String(snapshot.inbox_length)],
    ['timer', timer === null ? 'none' : `${timer.purpose} ${shownDistance(timer.due_at, now)}`],
    ['mode', snapshot.mode],
  ];
}

function renderTransitions(rows: readonly TransitionRow[], width: number): string {
  return renderTable(
    rows,
    [
      { title: 'at', value: ({ occurred_at }) => occurred_at },
      { title: 'step', align: 'right', value: ({ epoch, version }) => `${epoch ?? '-'}.${version ?? '-'}` },
      { title: 'kind', value: ({ kind }) => kind },
      { title: 'from', value: ({ from_state }) => from_state ?? '-' },
      { title: 'to', value: ({ to_state }) => to_state },
      { title: 'reason', max: 32, value: ({ reason_code }) => reason_code ?? '-' },
      { title: 'by', max: 32, value: ({ actor }) => safeText(actor) },
    ],
    width,
  );
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
