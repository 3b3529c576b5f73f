/**
 * Use cases on registrations (registration.md 9): the only door from gateway, sweep and command line to them. Every call
 * has a deadline and a place in the lane of its workflow; what fails says which part is missing.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { OmniBaseError } from '../contracts/error.ts';
import type {
  AckAnswer,
  AnswerFields,
  DeregisterAnswer,
  EdgeAnswer,
  IntrospectionAnswer,
} from '../contracts/node/answers.ts';
import type { Ack, Deregister, Heartbeat, Introspection, Poke, StatusEdge } from '../contracts/node/messages.ts';
import type { NodePath } from '../contracts/node/vocabulary.ts';
import type { RegistrationKey, RegistrationSnapshot } from '../contracts/node/workflow.ts';
import {
  type Called,
  type CallInfo,
  registrationMessages,
  registrationType,
} from '../workflows/messages/registration.ts';
import { withCorrelationId } from './correlation-context.ts';
import { registrationWorkflowId } from './ids.ts';
import { bounded, inLane } from './registration-calls.ts';
import { isNotFound } from './registration-errors.ts';
import { memoOf, type StartDetails, startOptions } from './registration-start.ts';

export interface RegistrationCall {
  /** How long the call may take in all, ms. */
  readonly timeoutMs?: number;
  /** How the node beats; default `gateway`. */
  readonly path?: NodePath;
  /** Default the product's control queue; tests have their own. */
  readonly taskQueue?: string;
}

export interface StartableCall extends RegistrationCall {
  /** Start a workflow where none runs. Without, the answer is null then: the row speaks, if there is one. */
  readonly start: boolean;
}

/** Deadlines when the caller names none, ms. */
const timeouts = {
  introspect: 10_000,
  ack: 5_000,
  deregister: 10_000,
  edge: 2_000,
  poke: 5_000,
  snapshot: 5_000,
} as const;

/**
 * Announces a node.
 *
 * @param call `start` for everything but a shutdown, which starts a workflow only where an open row is without one
 * @returns null where no workflow runs and none was started
 * @throws ND001 malformed, ND005 the row belongs to a feed, ND013 no server or worker, ND014 too much in flight
 */
export function introspectNode(
  client: Client,
  message: Introspection,
  call: StartableCall,
): Promise<IntrospectionAnswer | null> {
  const key = { entity_id: message.node_id, domain: message.domain };
  const command = { key, name: registrationMessages.introspect, message, id: message.message_id };
  const start = call.start ? { node_type: message.node_type, memo: memoOf(message) } : null;
  const sent = { ...call, timeoutMs: call.timeoutMs ?? timeouts.introspect };
  return withCorrelationId(message.correlation_id, () => answered<IntrospectionAnswer>(client, command, start, sent));
}

/**
 * Acknowledges an offer.
 *
 * @param call `start` only where the row exists and is not terminal
 * @returns null where no workflow runs and none was started
 * @throws ND001, ND013, ND014
 */
export function ackNode(client: Client, ack: Ack, call: StartableCall): Promise<AckAnswer | null> {
  const key = { entity_id: ack.node_id, domain: ack.domain };
  const command = { key, name: registrationMessages.ack, message: ack, id: ack.command_id };
  const sent = { ...call, timeoutMs: call.timeoutMs ?? timeouts.ack };
  return correlated(ack, () => answered<AckAnswer>(client, command, call.start ? {} : null, sent));
}

/** Takes a node out. Parameters, answer and errors as of `ackNode`. */
export function deregisterNode(
  client: Client,
  request: Deregister,
  call: StartableCall,
): Promise<DeregisterAnswer | null> {
  const key = { entity_id: request.node_id, domain: request.domain };
  const command = { key, name: registrationMessages.deregister, message: request, id: request.command_id };
  const sent = { ...call, timeoutMs: call.timeoutMs ?? timeouts.deregister };
  return correlated(request, () => answered<DeregisterAnswer>(client, command, call.start ? {} : null, sent));
}

/**
 * Tells of a status edge that is stored already; answers once it is applied.
 *
 * @throws ND013 also when no workflow runs: the sweep sends it again
 */
export async function sendEdge(
  client: Client,
  key: RegistrationKey,
  edge: StatusEdge,
  timeoutMs: number = timeouts.edge,
): Promise<EdgeAnswer> {
  const options: { args: [unknown]; updateId: string } = { args: [edge], updateId: edge.message_id };
  try {
    return await inLane(client, key, timeoutMs, () =>
      handleOf(client, key).executeUpdate<EdgeAnswer, [unknown]>(registrationMessages.edge, options),
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new OmniBaseError('ND013', { details: { part: 'the workflow of the node' }, cause: error });
  }
}

/** Pokes a registration and revives its workflow where it is missing. @throws ND013, ND014 */
export async function pokeNode(
  client: Client,
  key: RegistrationKey,
  poke: Poke,
  call: Pick<RegistrationCall, 'timeoutMs' | 'taskQueue'> = {},
): Promise<void> {
  await bounded(client, key, call.timeoutMs ?? timeouts.poke, () =>
    client.workflow.signalWithStart(registrationType, {
      ...startOptions(key, {}, call.taskQueue),
      signal: registrationMessages.poke,
      signalArgs: [poke],
    }),
  );
}

/** Sends a beat by signal; its answer is in the snapshot. @throws ND003 when no workflow runs, ND013 */
export async function signalHeartbeat(
  client: Client,
  beat: Heartbeat,
  timeoutMs: number = timeouts.poke,
): Promise<void> {
  const key = { entity_id: beat.node_id, domain: beat.domain };
  await bounded(client, key, timeoutMs, () => handleOf(client, key).signal(registrationMessages.heartbeat, beat));
}

/** The workflow's own view, that of an ended one too; null when no workflow is known. @throws ND013 without a worker */
export async function snapshotNode(
  client: Client,
  key: RegistrationKey,
  timeoutMs: number = timeouts.snapshot,
): Promise<RegistrationSnapshot | null> {
  try {
    return await bounded(client, key, timeoutMs, () =>
      handleOf(client, key).query<RegistrationSnapshot>(registrationMessages.snapshot),
    );
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

interface Command {
  readonly key: RegistrationKey;
  readonly name: string;
  readonly message: object;
  /** Update id: the engine sends one id once per run. */
  readonly id: string;
}

/**
 * Sends an update and answers it. The engine keeps answers and gives them again to a repeated id: such an answer carries
 * the mark of the earlier call, so the message is sent once more under an id of its own, and the workflow says where the
 * node stands now.
 */
async function answered<Answer extends AnswerFields<string>>(
  client: Client,
  command: Command,
  start: StartDetails | null,
  call: RegistrationCall & { readonly timeoutMs: number },
): Promise<Answer | null> {
  const info: CallInfo = { call_id: randomUUID(), path: call.path ?? 'gateway' };
  const until = Date.now() + call.timeoutMs;
  try {
    const first = await update<Answer>(client, command, start, info, command.id, call, until);
    if (first.call_id === info.call_id) return unmarked(first);
    const own = `${command.id}/${info.call_id}`;
    return unmarked(await update<Answer>(client, command, start, info, own, call, until));
  } catch (error) {
    if (start === null && isNotFound(error)) return null;
    throw error;
  }
}

function update<Answer>(
  client: Client,
  { key, name, message }: Command,
  start: StartDetails | null,
  info: CallInfo,
  updateId: string,
  call: RegistrationCall,
  until: number,
): Promise<Called<Answer>> {
  const options: { args: [unknown, unknown]; updateId: string } = { args: [message, info], updateId };
  return inLane(client, key, until - Date.now(), async () => {
    if (start === null) return handleOf(client, key).executeUpdate<Called<Answer>, [unknown, unknown]>(name, options);
    const { WithStartWorkflowOperation } = await import('@temporalio/client');
    const startWorkflowOperation = new WithStartWorkflowOperation(
      registrationType,
      startOptions(key, start, call.taskQueue),
    );
    return client.workflow.executeUpdateWithStart<Workflow, Called<Answer>, [unknown, unknown]>(name, {
      ...options,
      startWorkflowOperation,
    });
  });
}

function handleOf(client: Client, { domain, entity_id }: RegistrationKey) {
  return client.workflow.getHandle(registrationWorkflowId(domain, entity_id));
}

function correlated<T>(
  { correlation_id }: { readonly correlation_id: string | null },
  send: () => Promise<T>,
): Promise<T> {
  return correlation_id === null ? send() : withCorrelationId(correlation_id, send);
}

function unmarked<Answer>({ call_id: _mark, ...answer }: Called<Answer>): Answer {
  return answer as Answer;
}
