/**
 * Ports of a stage run without an engine: a clock that a test moves, scopes that cancel what runs inside them, and
 * activities that a test scripts. Timers fire in order; nothing sleeps.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { type ErrorCode, OmniBaseError } from '../../../../contracts/error.ts';
import type { RunState, StepOutcome, StepSummary } from '../../../../contracts/stage.ts';
import type { FinishedRun, FinishRequest, PlannedRun } from '../../../../contracts/stage-workflow.ts';
import type { StageRunPorts } from '../../../../workflows/stage-run/ports.ts';

export interface Script {
  plan?(): Promise<PlannedRun>;
  executeStep?(step: StepSummary, cancelled: Promise<never>): Promise<StepOutcome>;
  hostIsFresh?(): Promise<boolean>;
  record?(state: RunState): Promise<void>;
  finish?(request: Omit<FinishRequest, 'input' | 'workflow'>): Promise<FinishedRun>;
  release?(): Promise<void>;
}

export interface FakePorts extends StageRunPorts {
  readonly states: RunState[];
  readonly finishes: Omit<FinishRequest, 'input' | 'workflow'>[];
  readonly shown: { readonly value: string; readonly card: string }[];
  readonly timers: { readonly ms: number; readonly summary: string; readonly open: boolean }[];
  readonly releases: boolean[];
  /** Moves the clock on, firing timers on the way, and lets everything that follows settle. */
  advance(ms: number): Promise<void>;
}

export const startedAt = Date.parse('2026-01-01T00:00:00.000Z');

export function fakePorts(script: Script = {}): FakePorts {
  let clock = startedAt;
  const timers: { at: number; ms: number; summary: string; open: boolean; settle(fired: boolean): void }[] = [];
  const scopes = new AsyncLocalStorage<FakeScope>();
  const log = {
    states: [] as RunState[],
    finishes: [] as Omit<FinishRequest, 'input' | 'workflow'>[],
    shown: [] as { value: string; card: string }[],
    releases: [] as boolean[],
  };

  const current = (): Promise<never> => scopes.getStore()?.cancelled ?? new Promise<never>(() => {});

  return {
    ...log,
    timers,
    workflow: { id: 'stage/ci/x', namespace: 'default' },
    now: () => clock,
    startTimer(ms, summary) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = { at: clock + ms, ms, summary, open: true, settle: resolve };
      timers.push(timer);
      return {
        fired: promise,
        cancel() {
          timer.open = false;
          resolve(false);
        },
      };
    },
    openScope() {
      const scope = new FakeScope();
      scopes.getStore()?.children.push(scope);
      return { run: (work) => scopes.run(scope, work), cancel: () => scope.cancel() };
    },
    plan: () => raceWith(current(), script.plan?.() ?? Promise.reject(new Error('no plan in the script'))),
    executeStep(step) {
      const cancelled = current();
      return script.executeStep?.(step, cancelled) ?? Promise.reject(new Error('no step in the script'));
    },
    hostIsFresh: () => script.hostIsFresh?.() ?? Promise.resolve(true),
    async record({ state }) {
      await script.record?.(state);
      log.states.push(state);
    },
    async finish(request) {
      log.finishes.push(structuredClone(request));
      const completed = request.state === 'completed';
      return (
        (await script.finish?.(request)) ?? {
          state: request.state,
          verdict: completed ? 'pass' : null,
          exit_code: completed ? 0 : 1,
        }
      );
    },
    async release(usedCommands) {
      log.releases.push(usedCommands);
      await script.release?.();
    },
    show(value, card) {
      log.shown.push({ value, card });
    },
    async advance(ms) {
      const target = clock + ms;
      for (;;) {
        await settle();
        const due = timers.filter(({ open, at }) => open && at <= target).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        clock = Math.max(clock, due.at);
        due.open = false;
        due.settle(true);
      }
      clock = target;
      await settle();
    },
  };
}

class FakeScope {
  readonly cancelled: Promise<never>;
  readonly children: FakeScope[] = [];
  private readonly reject: (error: Error) => void;

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.cancelled = promise;
    this.reject = reject;
  }

  cancel(): void {
    this.reject(activityFailure(new CancelledFailure('cancelled')));
    for (const child of this.children) child.cancel();
  }
}

/** Runs every microtask that is due, and those they cause. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function raceWith<T>(cancelled: Promise<never>, work: Promise<T>): Promise<T> {
  return Promise.race([work, cancelled]);
}

export function activityFailure(cause: Error): ActivityFailure {
  return new ActivityFailure('activity failed', 'executeStep', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', cause);
}

export function timedOut(type: keyof typeof TimeoutType): ActivityFailure {
  return activityFailure(new TimeoutFailure('timed out', undefined, TimeoutType[type]));
}

/** The failure that an activity of ours reports for a code of the catalogue. */
export function reported(code: ErrorCode): ActivityFailure {
  const error = new OmniBaseError(code);
  return activityFailure(
    ApplicationFailure.create({
      message: error.message,
      type: error.class,
      nonRetryable: true,
      details: [error.toBody()],
    }),
  );
}
