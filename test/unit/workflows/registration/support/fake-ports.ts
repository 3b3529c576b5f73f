/**
 * A registration without an engine: a clock that a test moves, timers that fire in order, a policy and a delivery that a
 * test scripts, and the row of `fake-database.ts`. Nothing sleeps.
 */
import type {
  AdmissionDecision,
  AdmissionRequest,
  FlushAnswer,
  OfferDelivery,
  RegistrationInput,
  WorkflowSettings,
} from '../../../../../contracts/node/workflow.ts';
import { conductRegistration, type Ending } from '../../../../../workflows/registration/conduct.ts';
import { RegistrationLife } from '../../../../../workflows/registration/life.ts';
import type { RegistrationPorts } from '../../../../../workflows/registration/ports.ts';
import * as receive from '../../../../../workflows/registration/receive.ts';
import {
  clock as startedAt,
  consent,
  newId,
  nodeId,
  settings,
  workflowId,
} from '../../../domain/registration/decide/support.ts';
import { FakeDatabase } from './fake-database.ts';

export interface Script {
  readonly input?: Partial<RegistrationInput>;
  readonly settings?: Partial<WorkflowSettings>;
  /** Default: consent at once. Null: cannot say quickly. */
  quickly?(request: AdmissionRequest): Promise<AdmissionDecision | null>;
  /** Beside the loop; default: never. */
  beside?(request: AdmissionRequest, limitMs: number | null): Promise<AdmissionDecision | null>;
  deliver?(offer: OfferDelivery): Promise<boolean>;
  flush?(): FlushAnswer | null;
}

export interface FakeTimer {
  readonly at: number;
  readonly summary: string;
  open: boolean;
  cancelled: boolean;
}

/** Starts a run on `database`, or on one of its own. */
export function startLife(script: Script = {}, shared?: { database: FakeDatabase; clock: { now: number } }) {
  const time = shared?.clock ?? { now: startedAt };
  const database = shared?.database ?? new FakeDatabase(() => time.now);
  const timers: (FakeTimer & { settle(fired: boolean): void })[] = [];
  const told = {
    introspected: [] as string[],
    acked: [] as string[],
    handshaken: [] as number[],
    dropped: [] as string[],
    refused: [] as string[],
  };
  const log = {
    shown: [] as { state: string | null; card: string }[],
    flushes: [] as { status: string; age_ms: number }[],
    questions: [] as { request: AdmissionRequest; limitMs: number | null }[],
    offers: [] as OfferDelivery[],
    warnings: [] as string[],
    cancelledQuestions: 0,
  };
  const control = { long: false, unfinished: 0 };
  const settled: (() => void)[] = [];

  const ports: RegistrationPorts = {
    workflow_id: workflowId,
    now: () => time.now,
    newId,
    random: () => 0.5,
    startTimer(ms, summary) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = { at: time.now + ms, summary, open: true, cancelled: false, settle: resolve };
      timers.push(timer);
      return {
        fired: promise,
        cancel() {
          timer.open = false;
          timer.cancelled = true;
          resolve(false);
        },
      };
    },
    load: () =>
      Promise.resolve({
        registration: database.load(),
        settings: { ...settings, mode: database.mode, ...script.settings },
      }),
    persist: (write) => attempt(() => database.persist(write)),
    persistIf: (request) => attempt(() => database.persistIf(request)),
    flush({ beat, age_ms }) {
      log.flushes.push({ status: beat.status, age_ms });
      const answer = script.flush?.();
      if (answer !== undefined) return Promise.resolve(answer);
      const received_at = new Date(time.now - age_ms).toISOString();
      const first = database.lastBeat === null;
      const changed = database.image?.reported_status !== beat.status;
      database.lastBeat = time.now - age_ms;
      return Promise.resolve({
        result: 'accepted',
        edge: first || changed ? { status: beat.status, first, received_at } : null,
        next: 'heartbeat',
        last_heartbeat_at: received_at,
      });
    },
    admitQuickly: (request) => script.quickly?.(request) ?? Promise.resolve(consent),
    admit(request, limitMs) {
      log.questions.push({ request, limitMs });
      const { promise, resolve } = Promise.withResolvers<null>();
      const asked = script.beside?.(request, limitMs) ?? new Promise<never>(() => undefined);
      return {
        result: Promise.race([asked, promise]),
        cancel() {
          log.cancelledQuestions += 1;
          resolve(null);
        },
      };
    },
    deliver(offer) {
      log.offers.push(offer);
      return script.deliver?.(offer) ?? Promise.resolve(true);
    },
    show: ({ state }, card) => void log.shown.push({ state, card }),
    runIsLong: () => control.long,
    handlersFinished: () => control.unfinished === 0,
    handlersSettled: () =>
      control.unfinished === 0 ? Promise.resolve() : new Promise((resolve) => settled.push(resolve)),
    telemetry: {
      introspected: (reason, result) => void told.introspected.push(`${reason} ${result}`),
      acked: (result) => void told.acked.push(result),
      handshaken: (seconds) => void told.handshaken.push(seconds),
      dropped: (message) => void told.dropped.push(message),
      refused: (code) => void told.refused.push(code),
    },
    warn: (message) => void log.warnings.push(message),
  };

  const input: RegistrationInput = {
    schema_version: 1,
    entity_id: nodeId,
    domain: 'registration',
    carried: null,
    ...script.input,
  };
  const life = new RegistrationLife(input, ports, { ...settings, ...script.settings });
  const call = { call_id: 'c', path: 'gateway' };
  const finishHandler = (): void => {
    control.unfinished -= 1;
    if (control.unfinished === 0) for (const wake of settled.splice(0)) wake();
  };
  const handled = async <T>(handler: () => Promise<T>): Promise<T> => {
    control.unfinished += 1;
    try {
      return await handler();
    } finally {
      finishHandler();
    }
  };
  let ending: Ending | null = null;

  return {
    life,
    database,
    timers,
    told,
    ...log,
    log,
    control,
    time,
    finishHandler,
    /** Handlers are set before the loop begins, so a test may speak before `begin`. */
    begin() {
      const end = conductRegistration(life, ports);
      void end.then(
        (value) => (ending = value),
        () => undefined,
      );
      return end;
    },
    ending: () => ending,
    introspect: (message: unknown, info: unknown = call) =>
      handled(() => receive.receiveIntrospection(life, ports, message, info)),
    ack: (message: unknown, info: unknown = call) => handled(() => receive.receiveAck(life, ports, message, info)),
    deregister: (message: unknown) => handled(() => receive.receiveDeregistration(life, ports, message, call)),
    edge: (message: unknown) => handled(() => receive.receiveEdge(life, message)),
    heartbeat: (message: unknown) => receive.receiveHeartbeat(life, ports, message),
    poke: (message: unknown) => receive.receivePoke(life, ports, message),
    unknown: (name: string) => receive.receiveUnknown(ports, name),
    /** Timers that wait. */
    waiting: () => timers.filter(({ open }) => open).map(({ summary, at }) => `${summary} ${at - time.now}`),
    settle,
    async advance(ms: number) {
      const target = time.now + ms;
      for (;;) {
        await settle();
        const due = timers.filter(({ open, at }) => open && at <= target).toSorted((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        time.now = Math.max(time.now, due.at);
        due.open = false;
        due.settle(true);
      }
      time.now = target;
      await settle();
    },
  };
}

export type FakeLife = ReturnType<typeof startLife>;

async function attempt<T>(work: () => T): Promise<T> {
  // As of an activity: nothing is known in the same breath.
  await Promise.resolve();
  return work();
}

/** Lets everything that can go on without time go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
