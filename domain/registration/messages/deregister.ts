/** Check of a deregistration (registration.md 4.2). */
import type { Deregister, NodeActor } from '../../../contracts/node/messages.ts';
import { defaultNodeDomain } from '../../../contracts/node/vocabulary.ts';
import { type Checked, checkMessage, type MessageDefaults, openMembers, type Problems, type Rule } from './check.ts';
import { integer, nodeDomain, oneOf, text, uuid } from './rules.ts';

/** Checks a deregistration. Without a command id, the one in `defaults` is taken, or the message refused. */
export function checkDeregister(value: unknown, defaults: MessageDefaults = {}): Checked<Deregister> {
  return checkMessage(value, fields, (message) => ({
    command_id: message.defaulted('command_id', uuid, defaults.command_id),
    node_id: message.required('node_id', uuid),
    domain: message.optional('domain', nodeDomain, defaultNodeDomain),
    reason: message.required('reason', reason),
    actor: message.required('actor', actor),
    correlation_id: message.nullable('correlation_id', uuid) ?? defaults.correlation_id ?? null,
    epoch: message.nullable('epoch', epoch),
  }));
}

const reason = text(1024);
const epoch = integer(1);
const actorType = oneOf(['node', 'operator', 'system']);
const actorId = text(128);
const actorFields: ReadonlySet<string> = new Set<keyof NodeActor>(['type', 'id']);

const actor: Rule<NodeActor> = {
  blank: { type: 'node', id: '' },
  read(value: unknown, path: string, problems: Problems): NodeActor {
    const members = openMembers(value, path, actorFields, problems);
    if (members === null) return this.blank;
    return { type: members.required('type', actorType), id: members.required('id', actorId) };
  },
};

const fields: ReadonlySet<string> = new Set<keyof Deregister>([
  'command_id',
  'node_id',
  'domain',
  'reason',
  'actor',
  'correlation_id',
  'epoch',
]);
