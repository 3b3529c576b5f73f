/**
 * Live events of the runs this process serves: activities publish, streams read. A late reader gets the
 * past first. Nothing here is durable: a log is dropped a minute after its run ended, or when nothing was
 * published or read for a quarter of an hour; from then on the database tells how the run ended.
 */
import type { StageEventBody } from '../../contracts/gateway.ts';
import type { StageEvent } from '../../contracts/stage.ts';
import { RunLog } from './run-log.ts';

export interface EventHub {
  /** Appends an event; the hub gives it its number and time. Events after `run.finished` are dropped. */
  publish(runId: string, event: StageEventBody): void;
  /** Past and coming events with `seq` above `after_seq`; ends after `run.finished`. */
  subscribe(runId: string, options?: SubscribeOptions): AsyncIterable<StageEvent>;
  /** What is known of a run here. */
  status(runId: string): 'unknown' | 'open' | 'finished';
  /** Workflow id of a run that was started or followed here. */
  workflowId(runId: string): string | undefined;
  /** Makes the readers of a run fail and forgets the run: a later reader asks anew. */
  fail(runId: string, error: unknown): void;
  /** Ends all streams, coming ones too, without `run.finished` and forgets everything. */
  close(): void;
}

interface SubscribeOptions {
  readonly after_seq?: number;
  readonly signal?: AbortSignal;
}

export interface EventHubOptions {
  /** How long a finished run stays, ms; default 60,000. */
  readonly keepFinishedMs?: number;
  /** How long an open run without a sign stays, ms; default 900,000. */
  readonly keepIdleMs?: number;
  /** Finished runs kept at most; the oldest go first. Default 200. */
  readonly keepFinished?: number;
}

const sweepMs = 15_000;

export function createEventHub(options: EventHubOptions = {}): EventHub {
  const { keepFinishedMs = 60_000, keepIdleMs = 900_000, keepFinished = 200 } = options;
  const runs = new Map<string, OpenRun>();
  let closed = false;
  const sweep = setInterval(() => forgetOld(runs, performance.now(), { keepFinishedMs, keepIdleMs }), sweepMs).unref();

  function open(runId: string): OpenRun {
    const known = runs.get(runId);
    if (known !== undefined) return known;
    const run = { log: new RunLog(runId), readers: 0, touchedAt: performance.now() };
    // A stream may be on its way while the process stops serving: it ends as the others did.
    if (closed) run.log.end();
    else runs.set(runId, run);
    return run;
  }

  return {
    publish(runId, event) {
      const run = open(runId);
      run.touchedAt = performance.now();
      run.log.append(event, new Date().toISOString());
      if (event.type === 'run.finished') forgetSurplus(runs, keepFinished);
    },
    subscribe: (runId, { after_seq = 0, signal } = {}) => follow(open(runId), after_seq, signal),
    status(runId) {
      const run = runs.get(runId);
      return run === undefined ? 'unknown' : run.log.finished ? 'finished' : 'open';
    },
    workflowId: (runId) => runs.get(runId)?.log.workflowId,
    fail(runId, error) {
      runs.get(runId)?.log.fail(error);
      runs.delete(runId);
    },
    close() {
      closed = true;
      clearInterval(sweep);
      for (const { log } of runs.values()) log.end();
      runs.clear();
    },
  };
}

interface OpenRun {
  readonly log: RunLog;
  readers: number;
  /** Monotonic time of the last publication or reader. */
  touchedAt: number;
}

async function* follow(run: OpenRun, afterSeq: number, signal: AbortSignal | undefined): AsyncGenerator<StageEvent> {
  run.readers += 1;
  try {
    yield* run.log.read(afterSeq, signal);
  } finally {
    run.readers -= 1;
    run.touchedAt = performance.now();
  }
}

function forgetOld(
  runs: Map<string, OpenRun>,
  now: number,
  { keepFinishedMs, keepIdleMs }: { readonly keepFinishedMs: number; readonly keepIdleMs: number },
): void {
  for (const [runId, { log, readers, touchedAt }] of runs) {
    const kept = log.finished ? keepFinishedMs : keepIdleMs;
    if (readers === 0 && now - touchedAt > kept) runs.delete(runId);
  }
}

/** Maps keep the order of insertion, so the first finished ones are the oldest. */
function forgetSurplus(runs: Map<string, OpenRun>, keepFinished: number): void {
  const finished = [...runs].filter(([, { log }]) => log.finished);
  for (const [runId] of finished.slice(0, Math.max(0, finished.length - keepFinished))) runs.delete(runId);
}
