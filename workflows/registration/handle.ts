/**
 * One input at a time (registration.md 9 "Loop"): judge it, write, judge again where the row turned out to be elsewhere,
 * and answer after the write.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { AdmissionDecision, RegistrationMemory } from '../../contracts/node/workflow.ts';
import type { LoadedRegistration, NotDue, PersistResult, RegistrationWrite } from '../../contracts/node/projection.ts';
import { decide } from '../../domain/registration/decide/decide.ts';
import { reconsider } from '../../domain/registration/decide/not-due.ts';
import { isTerminal } from '../../domain/registration/states.ts';
import type {
  Change,
  Decision,
  Question,
  RegistrationInput,
  Reply,
  SideTask,
} from '../../domain/registration/decide/types.ts';
import { heard, memoryOf, postponed, withClock } from '../../domain/registration/memory.ts';
import { renderCard } from './card.ts';
import type { Item, RegistrationLife } from './life.ts';
import type { RegistrationPorts } from './ports.ts';
import {
  answerWaiters,
  awaitDecision,
  consult,
  consultChange,
  deliver,
  giveUpConsultation,
  resumeSideTasks,
} from './side-tasks.ts';

/** How often one input is judged before it is given up: more means that two incarnations fight over one row. */
export const maxRounds = 6;
/** What was refused is tried again after this time, ms. */
export const refusedPauseMs = 60_000;

/** Handles one input to its answer. Refusals are answers too; only defects of ours go further up. */
export async function handle(life: RegistrationLife, ports: RegistrationPorts, item: Item): Promise<void> {
  try {
    await judge(life, ports, item);
  } catch (error) {
    if (!(error instanceof OmniBaseError)) throw error;
    ports.telemetry.refused(error.code);
    ports.warn('a step was refused', { code: error.code, input: item.input.kind });
    postpone(life, ports, item);
    if (life.consultation?.attempt_id !== life.memory.attempt_id) giveUpConsultation(life);
    item.caller?.refuse(error);
  }
}

async function judge(life: RegistrationLife, ports: RegistrationPorts, first: Item): Promise<void> {
  let item = first;
  for (let round = 0; round < maxRounds; round += 1) {
    const { input } = item;
    const asked = input.kind === 'decided' ? { ...input, awaited: life.isAwaited(input.attempt_id) } : input;
    const next = await carryOut(life, ports, item, decide(life.memory, asked, life.context));
    if (next === null) return;
    item = next;
  }
  throw new OmniBaseError('ND012', { details: { kind: 'ContendedRow' } });
}

/** @returns what has to be judged next to finish this input, or null when it is done */
async function carryOut(
  life: RegistrationLife,
  ports: RegistrationPorts,
  item: Item,
  decision: Decision,
): Promise<Item | null> {
  switch (decision.kind) {
    case 'drop':
      // The sweep sees another row than this run believes in: it was set back, or another incarnation was ahead.
      if (item.input.kind === 'poke' && life.memory.state !== null) await reload(life, ports);
      return null;
    case 'complete':
      life.over = true;
      return null;
    case 'answer':
      if (isDoubtful(item, decision.reply)) {
        await reload(life, ports);
        return { ...item, looked: true };
      }
      life.memory = decision.memory;
      item.caller?.answer(decision.reply, life.memory);
      return null;
    case 'ask':
      return { ...item, input: withVerdict(item.input, await ask(life, ports, decision.question)) };
    case 'ask_beside':
      if (item.input.kind === 'introspect') consultChange(life, ports, item.input, item.caller);
      return null;
    case 'requeue':
      return { ...item, input: decision.input };
    case 'look': {
      const loaded = await reload(life, ports);
      return loaded === null ? null : { ...item, input: { kind: 'found', poke: decision.poke, loaded } };
    }
    case 'write':
      return write(life, ports, item, decision);
  }
}

/** A node that was told to introspect and has no news: perhaps it was told so because its row is not there any more. */
function isDoubtful({ input, looked }: Item, { result }: Reply): boolean {
  return result === 'unchanged' && input.kind === 'introspect' && input.message.reason === 'request' && looked !== true;
}

async function write(
  life: RegistrationLife,
  ports: RegistrationPorts,
  item: Item,
  decision: Extract<Decision, { kind: 'write' }>,
): Promise<Item | null> {
  const { change, side } = decision;
  const result = await persist(ports, life, change);
  if (result.outcome === 'not_due') return notDue(life, ports, item, result);
  if (result.outcome !== 'applied') {
    const before = life.memory;
    await reload(life, ports);
    if (!result.known) {
      if (result.outcome === 'duplicate') rememberCauses(life, before, change);
      return item;
    }
    // A repetition of ourselves: it was written before, so it counts.
  } else {
    applied(life, ports, change, result);
  }
  if (decision.again) return item;
  if (decision.reply !== null) item.caller?.answer(decision.reply, life.memory);
  else if (item.caller !== null) awaitDecision(life, item.caller);
  answerWaiters(life);
  if (result.outcome === 'applied') beginSideTask(life, ports, side);
  return null;
}

/** Nobody was ahead, so the history knows the cause: a message older than what is remembered was repeated. */
function rememberCauses(life: RegistrationLife, before: RegistrationMemory, { steps }: Change): void {
  const { epoch, version } = life.memory;
  if (epoch !== before.epoch || version !== before.version) return;
  const causes = steps.flatMap(({ cause_id }) => (cause_id === null ? [] : [cause_id]));
  life.memory = heard(life.memory, causes, life.settings, life.context.now());
}

function beginSideTask(life: RegistrationLife, ports: RegistrationPorts, side: SideTask | null): void {
  const { attempt_id, epoch } = life.memory;
  if (side === null || attempt_id === null) return;
  if (side.task === 'deliver') deliver(life, ports);
  else consult(life, ports, { attempt_id, epoch }, side.message);
}

function withVerdict(input: RegistrationInput, verdict: AdmissionDecision | null): RegistrationInput {
  return input.kind === 'introspect' || input.kind === 'due' ? { ...input, verdict } : input;
}

/** The policy was asked about the first introspection of a run while its row was read. */
async function ask(
  life: RegistrationLife,
  ports: RegistrationPorts,
  question: Question,
): Promise<AdmissionDecision | null> {
  const { asked } = life;
  life.asked = null;
  if (asked !== null && asked.message_id === question.message?.message_id) return asked.verdict;
  const { entity_id, domain } = life.input;
  return ports.admitQuickly({ entity_id, domain, ...question });
}

function applied(life: RegistrationLife, ports: RegistrationPorts, change: Change, result: PersistResult): void {
  const memory = withClock(change.memory, result, life.settings, ports.now());
  // Facts that are not in the row are as good as unknown: the next introspection counts as a change.
  life.memory = result.facts_missing ? { ...memory, facts_hash: null } : memory;
  const { attempt_opened_at: opened = null } = life.memory;
  if (
    opened !== null &&
    change.steps.some(({ from_state, to_state }) => from_state !== to_state && to_state === 'active')
  ) {
    ports.telemetry.handshaken(Math.max(0, ports.now() - opened) / 1000);
  }
  ports.show(life.memory, renderCard(life, ports.now()));
  if (life.memory.state !== 'pending_registration') giveUpConsultation(life);
}

async function notDue(
  life: RegistrationLife,
  ports: RegistrationPorts,
  item: Item,
  result: NotDue,
): Promise<Item | null> {
  const next = reconsider(life.memory, item.input, result, life.context);
  if (next.kind === 'reload') {
    await reload(life, ports);
    return item;
  }
  life.memory = next.memory;
  // Nothing was written, but the card would name a deadline that has passed, of a node that lives.
  ports.show(life.memory, renderCard(life, ports.now()));
  return carryOut(life, ports, item, next.decision);
}

/**
 * Reads the row and adopts it, unless it is missing or older than what is known: then it is brought up to date. Where
 * nothing goes on here any more the older row is adopted too, and comes to its end once more.
 */
export async function reload(life: RegistrationLife, ports: RegistrationPorts): Promise<LoadedRegistration | null> {
  const { registration } = await ports.load();
  const { state } = life.memory;
  if (state !== null && !isTerminal(state) && (registration === null || isBehind(registration, life))) {
    const decision = decide(life.memory, { kind: 'heal' }, life.context);
    if (decision.kind !== 'write') return registration;
    const result = await persist(ports, life, decision.change);
    if (result.outcome === 'applied') applied(life, ports, decision.change, result);
    return registration;
  }
  if (registration === null) return null;
  life.memory = memoryOf(registration, life.memory, life.settings, ports.now());
  resumeSideTasks(life, ports);
  answerWaiters(life);
  return registration;
}

function isBehind({ row }: LoadedRegistration, { memory }: RegistrationLife): boolean {
  return row.epoch < memory.epoch || (row.epoch === memory.epoch && row.version < memory.version);
}

function persist(ports: RegistrationPorts, life: RegistrationLife, change: Change): Promise<PersistResult | NotDue> {
  const request = writeOf(life, change);
  if (change.guard === null) return ports.persist(request);
  return ports.persistIf({ guard: change.guard, epoch: change.guard_epoch, write: request });
}

function writeOf(life: RegistrationLife, { memory, steps, facts, performance_metrics }: Change): RegistrationWrite {
  const { entity_id, domain } = life.input;
  const { state, node_type, node_version, expiry_reason } = memory;
  if (state === null || node_type === null || node_version === null) {
    throw new Error('a step was drafted for a node that has no epoch');
  }
  return {
    entity_id,
    domain,
    row: {
      current_state: state,
      epoch: memory.epoch,
      version: memory.version,
      attempt_id: memory.attempt_id,
      attempt_number: memory.attempt_number,
      node_type,
      node_version,
      node_name: memory.node_name,
      instance_id: memory.instance_id,
      facts_hash: memory.facts_hash,
      facts,
      performance_metrics,
      policy_revision: memory.policy_revision,
      path: memory.path,
      reported_status: memory.reported_status,
      reason_code: memory.reason_code,
      rejection_reason: memory.rejection_reason,
      expiry_reason: expiry_reason === null ? null : expiryReasonOf(expiry_reason),
      correlation_id: memory.correlation_id,
    },
    steps,
  };
}

function expiryReasonOf(text: string): RegistrationWrite['row']['expiry_reason'] {
  return text === 'deregistered' || text === 'operator' ? text : 'missed_heartbeats';
}

/** A deadline whose step was refused is not judged again at once. */
function postpone(life: RegistrationLife, ports: RegistrationPorts, { input }: Item): void {
  if (input.kind !== 'due') return;
  const later = ports.now() + refusedPauseMs;
  if (input.deadline === 'activation') life.activateAfter = later;
  else life.memory = postponed(life.memory, input.deadline, later);
}
