/**
 * Bodies as messages: the id of the path and the ids that the gateway may make are filled in, then the checkers of the
 * domain decide, which the workflow uses as well (registration.md 4). All problems at once, as ND001, values not echoed.
 */
import type { Issue, OmniBaseError } from '../../contracts/error.ts';
import {
  type Ack,
  type Deregister,
  type Heartbeat,
  type Introspection,
  nodeBatchItems,
} from '../../contracts/node/messages.ts';
import type { CallContext } from '../../contracts/registry.ts';
import {
  type Checked,
  checkAck,
  checkDeregister,
  checkHeartbeat,
  checkIntrospection,
  type MessageDefaults,
} from '../../domain/registration/messages.ts';
import { uuidV7 } from '../plugins/correlation.ts';
import { refusedInput } from '../routing/validate.ts';

export function introspectionOf(body: unknown, call: CallContext): Introspection {
  return valueOf(checkIntrospection(body, defaultsOf(call)), []);
}

/** Without a correlation id of its own an ack belongs to its attempt's, so the call's is not filled in. */
export function ackOf(nodeId: string, body: unknown): Ack {
  return addressed(nodeId, body, (message) => checkAck(message, { command_id: uuidV7() }));
}

export function beatOf(nodeId: string, body: unknown, call: CallContext): Heartbeat {
  return addressed(nodeId, body, (message) => checkHeartbeat(message, correlationOf(call)));
}

export function deregisterOf(nodeId: string, body: unknown, call: CallContext): Deregister {
  return addressed(nodeId, body, (message) => checkDeregister(message, { ...defaultsOf(call), command_id: uuidV7() }));
}

/** The items of a batch, unchecked; each is judged by itself later. */
export function beatItems(body: unknown): readonly unknown[] {
  if (!isObject(body)) throw refused([issueAt('', 'must be an object')]);
  const { items, ...others } = body;
  const issues = Object.keys(others).map((name) => issueAt(name.slice(0, 64), 'is not a known field'));
  if (!Array.isArray(items)) issues.push(issueAt('items', 'must be a list'));
  else if (items.length === 0 || items.length > nodeBatchItems) {
    issues.push(issueAt('items', `must have 1 to ${nodeBatchItems} items`));
  }
  if (issues.length > 0 || !Array.isArray(items)) throw refused(issues);
  return items;
}

/** The error of a message that was refused. */
export function refused(issues: readonly Issue[]): OmniBaseError {
  return refusedInput('ND001', issues);
}

/** A correlation id that is no uuid ties log lines together, but cannot travel in a message. */
export function correlationOf({ correlation_id }: Pick<CallContext, 'correlation_id'>): MessageDefaults {
  return uuid.test(correlation_id) ? { correlation_id: correlation_id.toLowerCase() } : {};
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function defaultsOf(call: CallContext): MessageDefaults {
  return { correlation_id: uuidV7(), ...correlationOf(call) };
}

/** @param nodeId of the path, lower case */
function addressed<T>(nodeId: string, body: unknown, check: (message: unknown) => Checked<T>): T {
  if (!isObject(body)) return valueOf(check(body), []);
  const named = body['node_id'];
  const other = typeof named === 'string' && uuid.test(named) && named.toLowerCase() !== nodeId;
  const mismatch = other ? [issueAt('node_id', 'is not the id in the path')] : [];
  return valueOf(check(named === undefined ? { ...body, node_id: nodeId } : body), mismatch);
}

function valueOf<T>(checked: Checked<T>, more: readonly Issue[]): T {
  if (!checked.ok) throw refused([...checked.issues, ...more]);
  if (more.length > 0) throw refused(more);
  return checked.value;
}

function issueAt(path: string, message: string): Issue {
  return { code: 'ND001', severity: 'error', path, message };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
