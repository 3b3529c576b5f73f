/**
 * The life of a registration (registration.md 9): boot, then one loop that hears messages, judges deadlines and sleeps,
 * until the run hands over to the next or the node is only remembered. It alone decides and writes.
 */
import type { RegistrationCarry } from '../../contracts/node/workflow.ts';
import type { DueDeadline } from '../../domain/registration/decide/types.ts';
import { memoryOf, postponed } from '../../domain/registration/memory.ts';
import { renderCard } from './card.ts';
import { adoptCarry, carryOf } from './carry.ts';
import { handle, refusedPauseMs } from './handle.ts';
import { flushBeat, isFlushDue } from './held-beat.ts';
import { isLeaving, type RegistrationLife } from './life.ts';
import { nextWake } from './one-timer.ts';
import type { RegistrationPorts } from './ports.ts';
import { resumeSideTasks } from './side-tasks.ts';

export type Ending =
  | { readonly kind: 'completed' }
  /** The next run goes on from here. */
  | { readonly kind: 'continued'; readonly carried: RegistrationCarry };

export async function conductRegistration(life: RegistrationLife, ports: RegistrationPorts): Promise<Ending> {
  await boot(life, ports);
  for (;;) {
    if (isFlushDue(life, ports.now())) await flushBeat(life, ports);
    await drainInbox(life, ports);
    await judgeDeadlines(life, ports);
    if (life.inbox.length > 0) continue;
    const ending = endOf(life, ports);
    if (ending !== null) return ending;
    life.timer.arm(nextWake(life.memory, life.settings, ports.now(), life.consultation !== null));
    await life.bell.rings();
  }
}

async function boot(life: RegistrationLife, ports: RegistrationPorts): Promise<void> {
  const { carried } = life.input;
  if (carried !== null) {
    adoptCarry(life, carried);
  } else {
    const [{ registration, settings }] = await Promise.all([ports.load(), askAhead(life, ports)]);
    life.settings = settings;
    life.memory =
      registration === null
        ? { ...life.memory, interval_ms: settings.heartbeat_interval_ms, mode: settings.mode }
        : memoryOf(registration, life.memory, settings, ports.now());
  }
  resumeSideTasks(life, ports);
  if (life.memory.state !== null) ports.show(life.memory, renderCard(life, ports.now()));
}

/**
 * A run that was started by an introspection mostly opens an epoch: its policy is asked while the row is read. Both are
 * waited for, so a replay cannot tell which came first.
 */
async function askAhead(life: RegistrationLife, ports: RegistrationPorts): Promise<void> {
  const input = life.inbox[0]?.input;
  if (input?.kind !== 'introspect' || isLeaving(input.message)) return;
  const { entity_id, domain } = life.input;
  const { message } = input;
  const verdict = await ports.admitQuickly({ entity_id, domain, epoch: 0, message });
  life.asked = { message_id: message.message_id, verdict };
}

/** Everything that was said, in the order of arrival; what comes meanwhile is heard too. */
async function drainInbox(life: RegistrationLife, ports: RegistrationPorts): Promise<void> {
  for (let item = life.inbox.shift(); item !== undefined; item = life.inbox.shift()) {
    const { input } = item;
    if (input.kind === 'introspect' && life.changing && !isLeaving(input.message)) {
      life.deferred.push(item);
      continue;
    }
    if (input.kind === 'poke') await flushBeat(life, ports);
    await handle(life, ports, item);
  }
}

/** What has passed by the workflow's own clock; whether it really has, the database decides. */
async function judgeDeadlines(life: RegistrationLife, ports: RegistrationPorts): Promise<void> {
  for (;;) {
    const deadline = firstDue(life, ports.now());
    if (deadline === null) break;
    if (deadline === 'liveness') await flushBeat(life, ports);
    // Messages come before deadlines, also those that arrived during the flush.
    if (life.inbox.length > 0) return;
    const before = life.memory;
    await handle(life, ports, { input: { kind: 'due', deadline, incident_id: null }, caller: null });
    if (life.over || life.inbox.length > 0) return;
    if (life.memory === before) putOff(life, deadline, ports.now() + refusedPauseMs);
  }
  const { pending } = life.memory.due;
  if (pending === null || pending > ports.now() || life.consultation !== null) return;
  life.memory = postponed(life.memory, 'pending', ports.now() + refusedPauseMs);
  resumeSideTasks(life, ports);
}

function firstDue({ memory, activateAfter }: RegistrationLife, now: number): DueDeadline | null {
  if (memory.state === 'ack_received' && activateAfter <= now) return 'activation';
  const { due } = memory;
  const order = ['ack', 'liveness', 'retry', 'retire'] as const;
  return order.find((deadline) => due[deadline] !== null && due[deadline] <= now) ?? null;
}

function putOff(life: RegistrationLife, deadline: DueDeadline, at: number): void {
  if (deadline === 'activation') life.activateAfter = at;
  else life.memory = postponed(life.memory, deadline, at);
}

/** Ends only when nobody waits: with the inbox drained and every handler finished, in one go. */
function endOf(life: RegistrationLife, ports: RegistrationPorts): Ending | null {
  const over = life.over || life.memory.state === null;
  // Found again at the next pass: whatever comes until then may keep the node.
  life.over = false;
  if ((!over && !ports.runIsLong()) || !life.idle) return null;
  if (!ports.handlersFinished()) {
    // They have their answers and are about to end. The loop must not wait for them: the next one may wait for it.
    void ports.handlersSettled().then(() => life.bell.ring());
    return null;
  }
  return over ? { kind: 'completed' } : { kind: 'continued', carried: carryOf(life) };
}
