/**
 * The workflow of a node's registration (registration.md 9): one per node and domain, for as long as the node is known.
 * It only joins the parts: `life` holds what is known, `receive` hears, `conduct` decides and writes, `temporal-ports`
 * reaches the engine.
 */
import * as wf from '@temporalio/workflow';
import type { AckAnswer, DeregisterAnswer, EdgeAnswer, IntrospectionAnswer } from '../contracts/node/answers.ts';
import type { RegistrationInput, RegistrationSnapshot, WorkflowSettings } from '../contracts/node/workflow.ts';
import { type Called, registrationMessages } from './messages/registration.ts';
import { conductRegistration, type Ending } from './registration/conduct.ts';
import { RegistrationLife } from './registration/life.ts';
import * as receive from './registration/receive.ts';
import { refusing, refusingAtOnce, toApplicationFailure } from './registration/refusal.ts';
import { temporalPorts } from './registration/temporal-ports.ts';
import { defaultNodeSettings } from '../contracts/node/settings.ts';

const introspect = wf.defineUpdate<Called<IntrospectionAnswer>, [unknown, unknown]>(registrationMessages.introspect);
const ack = wf.defineUpdate<Called<AckAnswer>, [unknown, unknown]>(registrationMessages.ack);
const deregister = wf.defineUpdate<Called<DeregisterAnswer>, [unknown, unknown]>(registrationMessages.deregister);
const edge = wf.defineUpdate<EdgeAnswer, [unknown]>(registrationMessages.edge);
const heartbeat = wf.defineSignal<[unknown]>(registrationMessages.heartbeat);
const poke = wf.defineSignal<[unknown]>(registrationMessages.poke);
const snapshot = wf.defineQuery<RegistrationSnapshot>(registrationMessages.snapshot);

/** Owns the state of one node; completes when its row needs no workflow any more, and never fails. */
export async function registration(input: RegistrationInput): Promise<void> {
  const ports = temporalPorts(input, () => life.updates);
  const life: RegistrationLife = new RegistrationLife(input, ports, input.carried?.settings ?? bootSettings);
  const check = receive.refuseMalformed;

  // Before the first await: what came with the start is heard, and nothing is heard twice.
  wf.setHandler(
    introspect,
    (message, call) => refusing(() => receive.receiveIntrospection(life, ports, message, call)),
    {
      validator: (message, _call) => refusingAtOnce(() => check.introspect(input, message)),
      description: 'the node announces itself; answers the offer, a refusal, or what to do next',
    },
  );
  wf.setHandler(ack, (message, call) => refusing(() => receive.receiveAck(life, ports, message, call)), {
    validator: (message, _call) => refusingAtOnce(() => check.ack(input, message)),
    description: 'the node confirms its offer',
  });
  wf.setHandler(
    deregister,
    (message, call) => refusing(() => receive.receiveDeregistration(life, ports, message, call)),
    {
      validator: (message, _call) => refusingAtOnce(() => check.deregister(input, message)),
      description: 'takes the node out',
    },
  );
  wf.setHandler(edge, (message) => refusing(() => receive.receiveEdge(life, message)), {
    validator: (message) => refusingAtOnce(() => check.edge(message)),
    description: 'a stored beat changed the reported status, or was the first',
  });
  wf.setHandler(heartbeat, (message) => receive.receiveHeartbeat(life, ports, message), {
    description: 'one beat; its answer is in the query snapshot',
  });
  wf.setHandler(poke, (message) => receive.receivePoke(life, ports, message), {
    description: 'something is due: look again',
  });
  wf.setHandler(snapshot, () => life.snapshot(), { description: 'where the node stands' });
  wf.setDefaultSignalHandler((name) => void receive.receiveUnknown(ports, name));
  wf.setDefaultUpdateHandler((name) => {
    throw toApplicationFailure(receive.receiveUnknown(ports, name));
  });

  // `cancelRequested` only ever rejects: somebody cancelled the workflow. A node leaves by its own word or an operator's.
  wf.CancellationScope.current().cancelRequested.catch(() => {
    ports.warn('a cancellation in Temporal is not obeyed: deregister the node instead', {});
  });
  const ending = await wf.CancellationScope.nonCancellable(() => conductRegistration(life, ports));
  if (ending.kind === 'continued') await continued(input, ending);
}

function continued(input: RegistrationInput, { carried }: Extract<Ending, { kind: 'continued' }>): Promise<never> {
  return wf.continueAsNew<typeof registration>({ ...input, carried });
}

/** Until the row was read; nothing is decided before. */
const { admission: _policy, ...defaults } = defaultNodeSettings.registration;
const bootSettings: WorkflowSettings = { ...defaults, ...defaultNodeSettings.deadlines };
