/**
 * What is said to a registration, before the loop hears it (registration.md 9): shape is refused at once, everything
 * else becomes an input and is answered after its write. Arguments come from anyone who can reach the server.
 */
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import type { AckAnswer, DeregisterAnswer, EdgeAnswer, IntrospectionAnswer } from '../../contracts/node/answers.ts';
import type { AckResult, DeregisterResult, IntrospectionResult, NodePath } from '../../contracts/node/vocabulary.ts';
import type { RegistrationKey, RegistrationMemory } from '../../contracts/node/workflow.ts';
import { answerOf, edgeAnswerOf } from '../../domain/registration/decide/answers.ts';
import { edgeApplied } from '../../domain/registration/decide/hints.ts';
import type { RegistrationInput, Reply } from '../../domain/registration/decide/types.ts';
import { deriveFacts } from '../../domain/registration/facts.ts';
import {
  type Checked,
  checkAck,
  checkDeregister,
  checkHeartbeat,
  checkIntrospection,
  checkPoke,
  checkStatusEdge,
} from '../../domain/registration/messages.ts';
import type { Called, CallInfo } from '../messages/registration.ts';
import { holdBeat } from './held-beat.ts';
import type { RegistrationLife } from './life.ts';
import type { RegistrationPorts } from './ports.ts';

/** Stands in for an id that the handler makes: a validator may draw none, because it does not run on replay. */
const placeholderId = '00000000-0000-0000-0000-000000000000';

/** Checks of the validators: they refuse shape only. @throws ND001 with every problem */
export const refuseMalformed = {
  introspect: (key: RegistrationKey, message: unknown): void => void introspectionOf(key, message),
  ack: (key: RegistrationKey, message: unknown): void => void ackOf(key, message, placeholderId),
  deregister: (key: RegistrationKey, message: unknown): void => void deregisterOf(key, message, placeholderId),
  edge: (message: unknown): void => void required(checkStatusEdge(message)),
};

export function receiveIntrospection(
  life: RegistrationLife,
  ports: RegistrationPorts,
  message: unknown,
  call: unknown,
): Promise<Called<IntrospectionAnswer>> {
  const introspection = introspectionOf(life.input, message);
  const input = {
    kind: 'introspect',
    message: introspection,
    facts: deriveFacts(introspection),
    path: pathOf(call),
  } as const;
  return asked(life, input, call, (reply, memory) => {
    ports.telemetry.introspected(introspection.reason, reply.result);
    return answerOf(memory, resultOf<IntrospectionResult>(reply), life.context);
  });
}

export function receiveAck(
  life: RegistrationLife,
  ports: RegistrationPorts,
  message: unknown,
  call: unknown,
): Promise<Called<AckAnswer>> {
  const ack = ackOf(life.input, message, ports.newId());
  return asked(life, { kind: 'ack', ack, path: pathOf(call) }, call, (reply, memory) => {
    ports.telemetry.acked(reply.result);
    return answerOf(memory, resultOf<AckResult>(reply), life.context);
  });
}

export function receiveDeregistration(
  life: RegistrationLife,
  ports: RegistrationPorts,
  message: unknown,
  call: unknown,
): Promise<Called<DeregisterAnswer>> {
  const command = deregisterOf(life.input, message, ports.newId());
  return asked(life, { kind: 'deregister', command }, call, (reply, memory) =>
    answerOf(memory, resultOf<DeregisterResult>(reply), life.context),
  );
}

export function receiveEdge(life: RegistrationLife, message: unknown): Promise<EdgeAnswer> {
  const edge = required(checkStatusEdge(message));
  return asked(life, { kind: 'edge', edge, path: 'gateway' }, undefined, (reply, memory) =>
    edgeAnswerOf(memory, reply.result === edgeApplied),
  );
}

/** A signal has nobody to answer: what is malformed, or of another node, is dropped and counted. */
export function receiveHeartbeat(life: RegistrationLife, ports: RegistrationPorts, message: unknown): void {
  const checked = checkHeartbeat(message);
  if (!checked.ok) return dropped(ports, 'heartbeat', checked.issues);
  const { node_id, domain } = checked.value;
  if (node_id !== life.input.entity_id || domain !== life.input.domain) return dropped(ports, 'heartbeat', [mismatch]);
  holdBeat(life, checked.value, ports.now());
}

export function receivePoke(life: RegistrationLife, ports: RegistrationPorts, message: unknown): void {
  const checked = checkPoke(message);
  if (!checked.ok) return dropped(ports, 'poke', checked.issues);
  life.push({ kind: 'poke', poke: checked.value });
}

/** A name this workflow does not know. */
export function receiveUnknown(ports: RegistrationPorts, name: string): OmniBaseError {
  dropped(ports, 'unknown', [{ ...mismatch, path: name.slice(0, 128), message: 'no message of this name is known' }]);
  return new OmniBaseError('ND001', { message: 'no message of this name is known' });
}

async function asked<Answer extends object>(
  life: RegistrationLife,
  input: RegistrationInput,
  call: unknown,
  answerWith: (reply: Reply, memory: RegistrationMemory) => Answer,
): Promise<Called<Answer>> {
  life.updates += 1;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  life.push(input, { answer: (reply, memory) => resolve(answerWith(reply, memory)), refuse: reject });
  const callInfo = callOf(call);
  const answer = await promise;
  return callInfo === null ? answer : { ...answer, call_id: callInfo.call_id };
}

function introspectionOf(key: RegistrationKey, message: unknown) {
  return ofThisNode(key, required(checkIntrospection(message)));
}

function ackOf(key: RegistrationKey, message: unknown, commandId: string) {
  return ofThisNode(key, required(checkAck(message, { command_id: commandId })));
}

function deregisterOf(key: RegistrationKey, message: unknown, commandId: string) {
  return ofThisNode(key, required(checkDeregister(message, { command_id: commandId })));
}

function required<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  throw new OmniBaseError('ND001', { issues: checked.issues });
}

/** The ids of a message name the workflow it is sent to. */
function ofThisNode<T extends { readonly node_id: string; readonly domain: string }>(
  key: RegistrationKey,
  message: T,
): T {
  if (message.node_id === key.entity_id && message.domain === key.domain) return message;
  throw new OmniBaseError('ND001', { issues: [mismatch] });
}

const mismatch: Issue = {
  code: 'ND001',
  severity: 'error',
  path: 'node_id',
  message: 'node_id and domain must be those of the workflow',
};

/** Who leaves it out speaks Temporal itself. */
function pathOf(call: unknown): NodePath {
  return callOf(call)?.path ?? 'signal';
}

function callOf(call: unknown): CallInfo | null {
  if (typeof call !== 'object' || call === null || !('call_id' in call) || !('path' in call)) return null;
  const { call_id, path } = call;
  if (typeof call_id !== 'string' || call_id.length > 64) return null;
  return { call_id, path: path === 'signal' ? 'signal' : 'gateway' };
}

/** A decision names its result as text; which ones there are for a message, its rules say. */
function resultOf<Result extends string>(reply: Reply): Reply<Result> {
  return reply as Reply<Result>;
}

function dropped(ports: RegistrationPorts, message: string, issues: readonly Issue[]): void {
  ports.telemetry.dropped(message);
  ports.warn('a message was dropped', {
    message,
    issues: issues.slice(0, 5).map((issue) => `${issue.path}: ${issue.message}`),
  });
}
