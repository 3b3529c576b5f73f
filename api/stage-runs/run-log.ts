/**
 * The events of one run in order. Sequence numbers start at 1 and belong to this process. Bounded: of
 * `step.progress`, which only feeds the live display, the newest 200 stay; every other type is bounded by
 * the plan (at most 400 steps) or counted and cut here. `run.finished` ends the log, nothing follows it.
 */
import type { StageEventBody } from '../../contracts/gateway.ts';
import type { StageEvent } from '../../contracts/stage.ts';

export const logLimits = {
  /** Progress lines kept per run. */
  progress: 200,
  /** Messages kept per run. */
  messages: 1000,
} as const;

/** Types that happen once per run; a repetition is dropped. */
const onceOnly: ReadonlySet<StageEventBody['type']> = new Set(['run.started', 'run.planned', 'run.finished']);

export class RunLog {
  readonly runId: string;
  /** Known from `run.started` on. */
  workflowId: string | undefined;
  private entries: StageEvent[] = [];
  private lastSeq = 0;
  private readonly counts = new Map<StageEventBody['type'], number>();
  private readonly waiters = new Set<() => void>();
  private failure: { readonly error: unknown } | null = null;
  private ended = false;

  constructor(runId: string) {
    this.runId = runId;
  }

  /** True once `run.finished` was appended. */
  get finished(): boolean {
    return this.count('run.finished') > 0;
  }

  /** False when the event was dropped: after the end, a repetition, or above a limit. */
  append(body: StageEventBody, at: string): boolean {
    if (this.finished || this.ended) return false;
    if (onceOnly.has(body.type) && this.count(body.type) > 0) return false;
    if (body.type === 'message' && this.count('message') >= logLimits.messages) return false;
    if (body.type === 'run.started') this.workflowId = body.workflow_id;
    this.lastSeq += 1;
    this.counts.set(body.type, this.count(body.type) + 1);
    this.entries.push({ ...body, seq: this.lastSeq, at, run_id: this.runId });
    if (body.type === 'step.progress' && this.count(body.type) >= 2 * logLimits.progress) this.dropOldProgress();
    this.wake();
    return true;
  }

  /** The first event with a greater sequence number. */
  next(seq: number): StageEvent | undefined {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle]?.seq ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return this.entries[low];
  }

  /** Makes every reader fail with `error`; for a run whose end cannot be told. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.wake();
  }

  /** Ends every reader without `run.finished`; for a process that stops serving. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  /**
   * Reads on until the end of the run; a slow reader misses at most old progress lines. Ends early when
   * `signal` fires.
   *
   * @throws what `fail` was given
   */
  async *read(afterSeq: number, signal: AbortSignal | undefined): AsyncGenerator<StageEvent> {
    let seq = afterSeq;
    for (;;) {
      if (signal?.aborted === true) return;
      const next = this.next(seq);
      if (next !== undefined) {
        seq = next.seq;
        yield next;
      } else if (this.finished || this.ended) return;
      else if (this.failure !== null) throw this.failure.error;
      else await this.changed(signal);
    }
  }

  private count(type: StageEventBody['type']): number {
    return this.counts.get(type) ?? 0;
  }

  private dropOldProgress(): void {
    let surplus = this.count('step.progress') - logLimits.progress;
    this.entries = this.entries.filter((event) => event.type !== 'step.progress' || surplus-- <= 0);
    this.counts.set('step.progress', logLimits.progress);
  }

  private async changed(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const resume = () => resolve();
    this.waiters.add(resume);
    signal?.addEventListener('abort', resume, { once: true });
    await promise;
    this.waiters.delete(resume);
    signal?.removeEventListener('abort', resume);
  }

  private wake(): void {
    const waiting = [...this.waiters];
    this.waiters.clear();
    for (const resume of waiting) resume();
  }
}
