/**
 * The life of a node as one loop: do the next thing, hear the answer, wait as told. Answers decide what is next; a failed
 * call is repeated with the same message id, so that nothing happens twice.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeartbeatAnswer, RegistrationAnswer } from '../../../contracts/node/answers.ts';
import type { NodesApi } from '../../../contracts/node/api.ts';
import type { IntrospectionReason } from '../../../contracts/node/vocabulary.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { ackMessage, beatMessage, introspectionMessage } from './node-messages.ts';
import type { NodeClientOptions, NodeFacts, NodeReport, NodeStatus } from './node-client.ts';
import { nextPause, phaseOf, retryPause, type Step, stepOf } from './pace.ts';
import { asked, measured } from './telemetry.ts';

const defaultCallTimeoutMs = 15_000;
const defaultIntervalMs = 30_000;
const shutdownReason = 'shutdown';

/** The principal of a client is its connection's; the gateway does not look at this one. */
const principal: CallContext['principal'] = { id: 'node', kind: 'component', capabilities: [] };

export class NodeLoop {
  status: NodeStatus;
  readonly #nodes: NodesApi;
  readonly #options: NodeClientOptions;
  readonly #random: () => number;
  readonly #instanceId: string;
  readonly #startedAt = performance.now();
  readonly #closing = new AbortController();
  readonly #watchers = new Set<() => void>();
  #facts: NodeFacts;
  #report: NodeReport = {};
  #step: Step = 'introspect';
  #reason: IntrospectionReason = 'startup';
  /** Of the message that is being sent, kept until it is answered. */
  #messageId: string = randomUUID();
  #sequence = 0;
  #lastBeatAt = Number.NEGATIVE_INFINITY;
  /** Answers in a row that led nowhere. */
  #idle = 0;
  /** What came during a call or a pause must be told at once. */
  #hurried = false;
  #running: Promise<void> | null = null;
  /** Ends the present pause. */
  #wake: AbortController = new AbortController();

  constructor(nodes: NodesApi, options: NodeClientOptions) {
    this.#nodes = nodes;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#instanceId = options.instanceId ?? randomUUID();
    this.#facts = options.node;
    this.status = {
      phase: 'idle',
      state: null,
      epoch: null,
      attempt_id: null,
      interval_ms: options.intervalMs ?? defaultIntervalMs,
      failures: 0,
      last_error: null,
    };
  }

  start(): void {
    if (this.#running !== null || this.#closing.signal.aborted) return;
    this.#become({ phase: 'registering' });
    this.#running = this.#run();
  }

  async ready(timeoutMs: number | undefined): Promise<boolean> {
    const limit = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = () => {
      const { phase } = this.status;
      if (phase === 'active') resolve(true);
      else if (phase === 'replaced' || phase === 'closed') resolve(false);
    };
    const late = () => resolve(false);
    this.#watchers.add(look);
    limit?.addEventListener('abort', late, { once: true });
    look();
    try {
      return await promise;
    } finally {
      this.#watchers.delete(look);
      limit?.removeEventListener('abort', late);
    }
  }

  report(report: NodeReport): void {
    const before = this.#report.status;
    this.#report = { ...this.#report, ...report };
    if (report.status !== undefined && report.status !== before && this.#step === 'beat') this.#hurry();
  }

  update(facts: Partial<NodeFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    if (this.status.phase === 'idle' || this.status.phase === 'closed') return;
    this.#next(
      'introspect',
      this.#reason === 'startup' && this.status.state === null ? 'startup' : 'capability_change',
    );
    this.#wake.abort();
  }

  async close(timeoutMs: number): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#wake.abort();
    await this.#running;
    // Who was replaced must not take its successor out. An introspection that was not answered may have been heard.
    const known = this.#running !== null && this.status.phase !== 'replaced';
    this.#become({ phase: 'closed' });
    if (known) await this.#sayGoodbye(timeoutMs);
  }

  async #run(): Promise<void> {
    while (this.#isOn) {
      this.#hurried = false;
      await this.#pause(await this.#turn());
      if (this.#isOn && this.#owesBeat()) await this.#pause(await this.#beatMeanwhile());
    }
  }

  get #isOn(): boolean {
    return !this.#closing.signal.aborted && this.status.phase !== 'replaced';
  }

  /** What cannot be said now must not cost a registered node its life: beats need less of the control plane. */
  #owesBeat(): boolean {
    const { failures, state, interval_ms } = this.status;
    const mayBeat = state !== null && state !== 'rejected' && state !== 'liveness_expired';
    return failures > 0 && this.#step !== 'beat' && mayBeat && performance.now() - this.#lastBeatAt >= interval_ms;
  }

  /** A beat between two tries. Its answer may tell that an ack was heard after all; an introspection stays to be said. */
  async #beatMeanwhile(): Promise<number> {
    const messageId = this.#messageId;
    try {
      const answer = await this.#do('beat');
      const isStillOpen = answer.next === 'ack' && answer.attempt_id === this.status.attempt_id;
      if (answer.next === 'stop' || (this.#step === 'ack' && !isStillOpen)) return this.#heard(answer, messageId);
    } catch {
      // The next try says how it goes.
    }
    return 0;
  }

  /** One call and what follows from it; gives the pause before the next. */
  async #turn(): Promise<number> {
    const messageId = this.#messageId;
    try {
      const answer = await this.#do(this.#step);
      return this.#heard(answer, messageId);
    } catch (cause) {
      if (this.#closing.signal.aborted) return 0;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const failures = this.status.failures + 1;
      this.#become({ failures, last_error: error });
      return retryPause(failures, this.status.interval_ms, this.#random, error);
    }
  }

  #do(step: Step): Promise<RegistrationAnswer | HeartbeatAnswer> {
    const context = this.#context(this.#options.callTimeoutMs ?? defaultCallTimeoutMs, this.#closing.signal);
    switch (step) {
      case 'introspect':
        return this.#nodes.introspect(this.#introspection(this.#reason, this.#messageId), context);
      case 'ack':
        return this.#nodes.ack(ackMessage(this.#facts, this.status.attempt_id, this.#messageId), context);
      case 'beat':
        return this.#nodes.heartbeat(this.#beat(), context);
    }
  }

  /** Notes what was told and what is next; gives the pause before it. */
  #heard(answer: RegistrationAnswer | HeartbeatAnswer, messageId: string): number {
    const interval = answer.next_heartbeat_in_ms ?? this.status.interval_ms;
    const attempt = answer.attempt_id ?? this.status.attempt_id;
    const isAnother = attempt !== this.status.attempt_id;
    this.#become({
      phase: phaseOf(answer),
      state: answer.state,
      epoch: this.#epochAfter(answer, 'edge' in answer),
      attempt_id: attempt,
      interval_ms: interval,
      failures: 0,
      last_error: null,
    });
    // New facts came while the call was under way: they are told before anything else.
    if (this.#messageId !== messageId) return 0;
    const step = this.#step;
    const isIdle = answer.next === 'wait' || (answer.next === step && !isAnother);
    this.#idle = isIdle ? this.#idle + 1 : 0;
    this.#next(stepOf(answer.next), 'request');
    return nextPause({ step, answer, idle: this.#idle, intervalMs: interval }, this.#random);
  }

  /** A beat that finds an earlier epoch found a row that was set back: that is no reason to become an old process. */
  #epochAfter({ epoch }: RegistrationAnswer | HeartbeatAnswer, isOfBeat: boolean): number | null {
    const known = this.status.epoch;
    if (epoch === null || known === null) return epoch ?? known;
    return isOfBeat ? Math.max(known, epoch) : epoch;
  }

  #hurry(): void {
    this.#hurried = true;
    this.#wake.abort();
  }

  #next(step: Step, reason: IntrospectionReason): void {
    this.#step = step;
    this.#reason = reason;
    this.#messageId = randomUUID();
  }

  async #pause(milliseconds: number): Promise<void> {
    this.#wake = new AbortController();
    if (this.#hurried || this.#closing.signal.aborted || milliseconds <= 0) return;
    await sleep(milliseconds, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }

  async #sayGoodbye(timeoutMs: number): Promise<void> {
    try {
      const message = this.#introspection(shutdownReason, randomUUID());
      await this.#nodes.introspect(message, this.#context(timeoutMs, undefined));
    } catch {
      // Unheard: the missing heartbeats tell the same a little later.
    }
  }

  #introspection(reason: IntrospectionReason, messageId: string) {
    return introspectionMessage(this.#facts, {
      reason,
      messageId,
      instanceId: this.#instanceId,
      status: this.#report.status ?? 'healthy',
    });
  }

  #beat() {
    this.#sequence += 1;
    this.#lastBeatAt = performance.now();
    return beatMessage(this.#facts, {
      report: { ...measured(), ...this.#report, ...asked(this.#options.telemetry) },
      // While the handshake goes on a retry may begin another epoch without its doing: that is no other process.
      epoch: this.status.phase === 'active' ? this.status.epoch : null,
      sequence: this.#sequence,
      uptimeSeconds: (performance.now() - this.#startedAt) / 1000,
    });
  }

  #context(timeoutMs: number, signal: AbortSignal | undefined): CallContext {
    return {
      principal,
      correlation_id: randomUUID(),
      deadline_ms: timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    };
  }

  #become(change: Partial<NodeStatus>): void {
    const before = this.status;
    this.status = { ...before, ...change };
    const { phase, state, epoch } = this.status;
    const reached = (this.status.failures === 0) === (before.failures === 0);
    if (reached && phase === before.phase && state === before.state && epoch === before.epoch) return;
    for (const look of this.#watchers) look();
    try {
      this.#options.onChange?.(this.status);
    } catch {
      // A listener's mistake is not the node's.
    }
  }
}
