/**
 * The one durable timer of a registration (registration.md 9 "One timer"). It is armed anew only after it fired or when
 * an earlier moment appears; a later one is found when it fires, so no beat ever cancels it.
 */
import type { RegistrationMemory, WorkflowSettings } from '../../contracts/node/workflow.ts';
import type { Bell } from './bell.ts';
import type { RegistrationPorts } from './ports.ts';

/** Summary of the timer in the Web UI. */
export type WakePurpose = 'ack deadline' | 'liveness check' | 'retry offer' | 'backstop' | 'retire' | 'decision';

export interface Wake {
  /** By the workflow's own clock, ms. */
  readonly at: number;
  readonly purpose: WakePurpose;
}

export class OneTimer {
  armed: (Wake & { cancel(): void }) | null = null;
  private readonly ports: Pick<RegistrationPorts, 'now' | 'startTimer'>;
  private readonly bell: Bell;

  constructor(ports: Pick<RegistrationPorts, 'now' | 'startTimer'>, bell: Bell) {
    this.ports = ports;
    this.bell = bell;
  }

  arm(wake: Wake | null): void {
    if (wake === null || (this.armed !== null && this.armed.at <= wake.at)) return;
    this.armed?.cancel();
    const timer = this.ports.startTimer(Math.max(1, Math.ceil(wake.at - this.ports.now())), wake.purpose);
    const armed = { ...wake, cancel: () => timer.cancel() };
    this.armed = armed;
    void this.watch(armed, timer.fired);
  }

  private async watch(armed: Wake, fired: Promise<boolean>): Promise<void> {
    if (!(await fired)) return;
    if (this.armed === armed) this.armed = null;
    this.bell.ring();
  }
}

/**
 * What to wake for. In `fleet` the sweep watches ack and liveness deadlines, and the timer only backs it up; retry and
 * retirement have nobody else to watch them.
 *
 * @param deciding true while the policy is at work on the open attempt: then its answer wakes the loop
 */
export function nextWake(
  { due, mode }: RegistrationMemory,
  { backstop_ms }: WorkflowSettings,
  now: number,
  deciding: boolean,
): Wake | null {
  const wakes: Wake[] = [];
  const add = (at: number | null, purpose: WakePurpose): void => {
    if (at !== null) wakes.push({ at, purpose });
  };
  if (!deciding) add(due.pending, 'decision');
  add(due.retry, 'retry offer');
  add(due.retire, 'retire');
  if (mode === 'precise') {
    add(due.ack, 'ack deadline');
    add(due.liveness, 'liveness check');
  } else if (due.ack !== null || due.liveness !== null) {
    add(now + backstop_ms, 'backstop');
  }
  return wakes.toSorted((a, b) => a.at - b.at)[0] ?? null;
}
