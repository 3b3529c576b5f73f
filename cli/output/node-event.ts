/** Published events, one line each: for people a sentence, for programs the envelope with its `pub_seq`. */
import type { PublishedEvent } from '../../contracts/event.ts';
import type { Palette } from './colour.ts';
import { isRegistrationState, paintState } from './node-state.ts';
import { safeText } from './safe-text.ts';

/** The envelope of registration.md 5 and the number to resume after. Events of other producers stand as they are. */
export function eventDocument(event: PublishedEvent): Readonly<Record<string, unknown>> {
  const { pub_seq, published_at, payload, ...rest } = event;
  const isEnvelope = payload['event_id'] === event.event_id;
  return { pub_seq, published_at, ...(isEnvelope ? payload : { ...rest, payload }) };
}

/** `     41  2026-01-01T00:00:00.000Z  node.became_active  ack_received → active  0199… epoch 1.5` */
export function eventLine(event: PublishedEvent, paint: Palette): string {
  const { payload } = event;
  const parts = [
    event.pub_seq.padStart(7),
    textOf(payload['occurred_at']) ?? event.published_at,
    safeText(event.type),
    stepOf(payload, paint),
    safeText(event.subject_id),
    orderOf(payload),
    detailOf(payload['payload']),
  ];
  return `${parts.filter((part) => part !== '').join('  ')}\n`;
}

function stepOf(payload: PublishedEvent['payload'], paint: Palette): string {
  const to = payload['to_state'];
  if (!isRegistrationState(to)) return '';
  const from = payload['from_state'];
  return isRegistrationState(from) && from !== to ? `${from} → ${paintState(to, paint)}` : paintState(to, paint);
}

function orderOf({ epoch, version }: PublishedEvent['payload']): string {
  return typeof epoch === 'number' && typeof version === 'number' ? `epoch ${epoch}.${version}` : '';
}

/** Members of the payload that tell why; the first that is there. */
const reasons = ['expiry_reason', 'reason_code', 'reason', 'current', 'count'] as const;

function detailOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null) return '';
  const values: Readonly<Record<string, unknown>> = { ...payload };
  const key = reasons.find((name) => typeof values[name] === 'string' || typeof values[name] === 'number');
  return key === undefined ? '' : safeText(String(values[key]));
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? safeText(value) : null;
}
