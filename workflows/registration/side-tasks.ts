/**
 * Work beside the loop (registration.md 9): the policy and the delivery of offers. Results come back as inputs that name
 * their attempt, and are dropped when it is over.
 */
import type { AdmissionDecision } from '../../contracts/node/workflow.ts';
import type { Introspection } from '../../contracts/node/messages.ts';
import type { IntrospectInput } from '../../domain/registration/decide/types.ts';
import { dueMarginMs } from '../../domain/registration/memory.ts';
import { decisionLimit } from './activity-limits.ts';
import type { Caller, Consultation, RegistrationLife, Waiter } from './life.ts';
import type { RegistrationPorts } from './ports.ts';

/**
 * Asks the policy about an attempt until it decides. A caller who waits for it is told `deciding` when it takes too long.
 *
 * @param message that opened it; null for the facts of the row
 */
export function consult(
  life: RegistrationLife,
  ports: RegistrationPorts,
  attempt: { readonly attempt_id: string; readonly epoch: number },
  message: Introspection | null,
): void {
  giveUpConsultation(life);
  const { attempt_id, epoch } = attempt;
  const { entity_id, domain } = life.input;
  const request = { entity_id, domain, epoch, message };
  const consultation: Consultation = { attempt_id, given_up: false, cancel: () => undefined };
  life.consultation = consultation;

  const ask = async (limitMs: number | null): Promise<AdmissionDecision | null> => {
    const asked = ports.admit(request, limitMs);
    consultation.cancel = () => asked.cancel();
    return asked.result;
  };
  const isOver = (): boolean => consultation.given_up;
  void (async () => {
    let verdict = message === null ? null : await ask(decisionLimit(life.settings.decision_wait_ms));
    if (verdict === null && !isOver()) {
      answerUndecided(life, attempt_id);
      verdict = await ask(null);
    }
    if (isOver()) return;
    life.consultation = null;
    if (verdict === null) life.bell.ring();
    else life.push({ kind: 'decided', attempt_id, verdict, awaited: false });
  })();
}

/** The attempt is over, so nobody needs the decision on it. */
export function giveUpConsultation(life: RegistrationLife): void {
  const { consultation } = life;
  if (consultation === null) return;
  consultation.given_up = true;
  consultation.cancel();
  life.consultation = null;
}

/** The caller waits for the decision on the attempt just opened. */
export function awaitDecision(life: RegistrationLife, caller: Caller): void {
  const { memory } = life;
  if (memory.attempt_id !== null) life.waiters.push({ attempt_id: memory.attempt_id, caller, opened: memory });
}

/** Answers those whose attempt is decided, or over before it was. */
export function answerWaiters(life: RegistrationLife): void {
  const { memory } = life;
  const isOpen = ({ attempt_id }: Waiter): boolean =>
    attempt_id === memory.attempt_id && memory.state === 'pending_registration';
  const ready = life.waiters.filter((waiter) => !isOpen(waiter));
  life.waiters = life.waiters.filter(isOpen);
  for (const waiter of ready) {
    if (waiter.attempt_id !== memory.attempt_id) answerWaiter(waiter);
    else waiter.caller.answer({ result: memory.state === 'rejected' ? 'rejected' : 'started' }, memory);
  }
}

/** Asks beside the loop whether an active node may change its facts. Undecided in time, the change is dropped. */
export function consultChange(
  life: RegistrationLife,
  ports: RegistrationPorts,
  change: IntrospectInput,
  caller: Caller | null,
): void {
  const { attempt_id, epoch } = life.memory;
  if (attempt_id === null) return;
  const { entity_id, domain } = life.input;
  const request = { entity_id, domain, epoch, message: change.message };
  life.changing = true;
  void (async () => {
    const verdict = await ports.admit(request, decisionLimit(life.settings.decision_wait_ms)).result;
    life.changing = false;
    // Before those that waited for it, and before everything that came meanwhile.
    life.inbox.unshift(
      { input: { kind: 'change_decided', attempt_id, change, verdict }, caller },
      ...life.deferred.splice(0),
    );
    life.bell.ring();
  })();
}

/** Posts the open offer to the node. */
export function deliver(life: RegistrationLife, ports: RegistrationPorts): void {
  const { attempt_id, epoch, ack_deadline, due } = life.memory;
  if (attempt_id === null || life.delivering === attempt_id) return;
  life.delivering = attempt_id;
  const { entity_id, domain } = life.input;
  const left = due.ack === null ? 0 : due.ack - dueMarginMs - ports.now();
  const offer = {
    entity_id,
    domain,
    epoch,
    attempt_id,
    ack_deadline: ack_deadline ?? '',
    ack_in_ms: Math.max(0, left),
  };
  void (async () => {
    const delivered = await ports.deliver(offer);
    if (life.delivering === attempt_id) life.delivering = null;
    life.push({ kind: 'delivered', attempt_id, delivered });
  })();
}

/** Whatever the state waits for is under way: after a boot, or when the row was found elsewhere than thought. */
export function resumeSideTasks(life: RegistrationLife, ports: RegistrationPorts): void {
  const { state, attempt_id, epoch } = life.memory;
  if (attempt_id === null) return;
  if (state === 'accepted') deliver(life, ports);
  if (state !== 'pending_registration') return giveUpConsultation(life);
  if (life.consultation?.attempt_id !== attempt_id) consult(life, ports, { attempt_id, epoch }, null);
}

function answerUndecided(life: RegistrationLife, attemptId: string): void {
  const [ready, rest] = [
    life.waiters.filter(({ attempt_id }) => attempt_id === attemptId),
    life.waiters.filter(({ attempt_id }) => attempt_id !== attemptId),
  ];
  life.waiters = rest;
  for (const waiter of ready) answerWaiter(waiter);
  // A run that became long waited for them.
  life.bell.ring();
}

function answerWaiter({ caller, opened }: Waiter): void {
  caller.answer({ result: 'deciding' }, opened);
}
