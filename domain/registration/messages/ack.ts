/** Check of an acknowledgement (registration.md 4.2). */
import type { Ack } from '../../../contracts/node/messages.ts';
import { defaultNodeDomain } from '../../../contracts/node/vocabulary.ts';
import { type Checked, checkMessage, type MessageDefaults, type Rule } from './check.ts';
import { nodeDomain, readUuid, uuid } from './rules.ts';
import { timestamp } from './timestamp.ts';

/**
 * Checks an ack. Without a command id, the one in `defaults` is taken, or the ack refused. A correlation id that is
 * missing or malformed refuses nothing: it becomes the one in `defaults`, or null for the attempt's own.
 */
export function checkAck(value: unknown, defaults: MessageDefaults = {}): Checked<Ack> {
  return checkMessage(value, fields, (ack) => ({
    command_id: ack.defaulted('command_id', uuid, defaults.command_id),
    node_id: ack.required('node_id', uuid),
    domain: ack.optional('domain', nodeDomain, defaultNodeDomain),
    attempt_id: ack.nullable('attempt_id', uuid),
    correlation_id: ack.optional('correlation_id', uuidIfAny, null) ?? defaults.correlation_id ?? null,
    timestamp: ack.required('timestamp', timestamp),
  }));
}

const uuidIfAny: Rule<string | null> = { blank: null, read: (value) => readUuid(value) ?? null };

const fields: ReadonlySet<string> = new Set<keyof Ack>([
  'command_id',
  'node_id',
  'domain',
  'attempt_id',
  'correlation_id',
  'timestamp',
]);
