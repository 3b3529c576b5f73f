/**
 * The row of one node as a registration sees it through its activities: a few lines of what the projector promises
 * (registration.md 7), on a clock that a test moves. The real one is in the workflow tests.
 */
import { OmniBaseError } from '../../../../../contracts/error.ts';
import type {
  AckReceipt,
  LoadedRegistration,
  NotDue,
  PersistResult,
  RegistrationStep,
  RegistrationWrite,
  RowClock,
  RowImage,
} from '../../../../../contracts/node/projection.ts';
import type { NodeLivenessRow } from '../../../../../contracts/node/row.ts';
import type { GuardedWrite } from '../../../../../contracts/node/workflow.ts';
import { emptyMemory } from '../../../../../domain/registration/memory.ts';
import { loadedFrom, settings, stepName } from '../../../domain/registration/decide/support.ts';

const ackTimeout = 30_000;
const firstLiveness = 60_000;
const window = 90_000;

export class FakeDatabase {
  image: RowImage | null = null;
  readonly steps: RegistrationStep[] = [];
  readonly writes: RegistrationWrite[] = [];
  readonly facts: (string | null)[] = [];
  ackDeadline: number | null = null;
  retryAt: number | null = null;
  activeSince: number | null = null;
  lastBeat: number | null = null;
  receipt: AckReceipt | null = null;
  /** Paths down: nothing is overdue. */
  held = false;
  mode: RowClock['mode'] = 'precise';
  hot: Partial<NodeLivenessRow> = {};
  /** Answers of the next writes, before the real ones. */
  readonly refusals: (() => never)[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Names of the steps written, in order. */
  get history(): string {
    return this.steps.map(stepName).join(' ');
  }

  load(): LoadedRegistration | null {
    const { image } = this;
    if (image === null) return null;
    const memory = {
      ...emptyMemory(settings),
      ...image,
      state: image.current_state,
      attempts: [{ attempt_id: image.attempt_id ?? '', epoch: image.epoch, open_until: null }],
    };
    const last = this.lastBeat === null ? null : iso(this.lastBeat);
    const hot = { beats_since_active: this.lastBeat === null ? 0 : 1, last_heartbeat_at: last, ...this.hot };
    const loaded = loadedFrom(
      memory,
      { instance_id: image.instance_id, expiry_reason: image.expiry_reason, last_heartbeat_at: null },
      hot,
    );
    const opening = this.steps.findLast(({ to_state, kind }) => to_state === image.current_state && kind === 'edge');
    return {
      ...loaded,
      clock: this.clock(),
      seen: [...new Set(this.steps.flatMap(({ cause_id }) => (cause_id === null ? [] : [cause_id])))].toReversed(),
      opening_event_id: opening?.event_id ?? null,
    };
  }

  persist(write: RegistrationWrite): PersistResult {
    this.refusals.shift()?.();
    const [first] = write.steps;
    const last = write.steps.at(-1);
    if (first === undefined || last === undefined) throw new OmniBaseError('ND001');
    const stored = this.image;
    const order = compare(stored, last);
    if (order !== 'newer') {
      const known = this.steps.some(({ event_id }) => event_id === last.event_id);
      return { ...this.result(order), known };
    }
    this.writes.push(write);
    for (const step of write.steps) this.apply(step);
    this.image = write.row;
    return { ...this.result('applied'), known: false };
  }

  persistIf({ guard, epoch, write }: GuardedWrite): PersistResult | NotDue {
    const now = this.now();
    const { image } = this;
    const not = (why: NotDue['why'], remaining_ms = 0): NotDue => ({
      ...this.clock(),
      outcome: 'not_due',
      why,
      remaining_ms,
      receipt: this.receipt,
      row: null,
    });
    if (image?.epoch !== epoch) return not('epoch_changed');
    if (guard === 'liveness_overdue') {
      if (image.current_state !== 'active') return not('state_changed');
      if (this.held) return not('hold', window / 2);
      const left = (this.livenessDeadline() ?? now) - now;
      return left < 0 ? this.persist(write) : not('early', left);
    }
    if (image.current_state !== 'accepted' && image.current_state !== 'awaiting_ack') return not('state_changed');
    const deadline = this.ackDeadline ?? now;
    const received = this.receipt !== null && Date.parse(this.receipt.received_at) <= deadline;
    if (guard === 'ack_in_time') return received || now <= deadline || this.held ? this.persist(write) : not('late');
    if (received) return not('receipt');
    if (this.held) return not('hold', ackTimeout / 2);
    return now > deadline ? this.persist(write) : not('early', deadline - now);
  }

  private apply(step: RegistrationStep): void {
    const now = this.now();
    this.steps.push(step);
    if (step.kind === 'epoch_start' || step.kind === 'retry') {
      Object.assign(this, {
        ackDeadline: null,
        retryAt: null,
        activeSince: null,
        lastBeat: null,
        receipt: null,
        hot: {},
      });
    }
    if (step.to_state === 'accepted') this.ackDeadline = now + ackTimeout;
    if (step.to_state === 'ack_timed_out') this.retryAt = step.retry_in_ms === null ? null : now + step.retry_in_ms;
    if (step.to_state === 'active' && step.kind === 'edge') this.activeSince = now;
  }

  private result(outcome: PersistResult['outcome']): Omit<PersistResult, 'known'> {
    const { image } = this;
    return {
      ...this.clock(),
      outcome,
      epoch: image?.epoch ?? 0,
      version: image?.version ?? 0,
      state: image?.current_state ?? 'pending_registration',
      facts_missing: false,
    };
  }

  private livenessDeadline(): number | null {
    if (this.activeSince === null) return null;
    return this.lastBeat === null ? this.activeSince + firstLiveness : this.lastBeat + window;
  }

  private clock(): RowClock {
    const now = this.now();
    const liveness = this.livenessDeadline();
    const left = (at: number | null): number | null => (at === null ? null : Math.max(0, at - now));
    return {
      now: iso(now),
      ack_deadline: this.ackDeadline === null ? null : iso(this.ackDeadline),
      liveness_deadline: liveness === null ? null : iso(liveness),
      next_retry_at: this.retryAt === null ? null : iso(this.retryAt),
      state_entered_at: iso(now),
      ack_remaining_ms: left(this.ackDeadline),
      liveness_remaining_ms: left(liveness),
      retry_remaining_ms: left(this.retryAt),
      interval_ms: 30_000,
      mode: this.mode,
    };
  }
}

function compare(stored: RowImage | null, { ordering }: RegistrationStep): 'newer' | 'duplicate' | 'stale' {
  const [epoch, version] = [ordering.epoch ?? 0, ordering.version ?? 0];
  if (stored === null || epoch > stored.epoch) return 'newer';
  if (epoch < stored.epoch || version < stored.version) return 'stale';
  return version === stored.version ? 'duplicate' : 'newer';
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
