/**
 * One place for a worker thread. The thread starts with its first share and stays; when a component in it takes too
 * long or too much memory, the thread is ended, that component gets the error, and the rest of the share goes on in a
 * new one.
 */
import { Worker } from 'node:worker_threads';
import { type ErrorBody, OmniBaseError } from '../../../contracts/error.ts';
import { ShardClock, type ShardComponent, type ShardRequest, type ShardResponse } from './messages.ts';
import { type Shard, packShard } from './shards.ts';

interface SeatLimits {
  /** Heap of the thread, MB. */
  readonly memoryMb: number;
  /** Component uuid → how long it may take on the share, ms. */
  readonly timeoutsMs: ReadonlyMap<string, number>;
}

export interface Seat {
  /** Starts the thread ahead of the first share. */
  warm(memoryMb: number): Promise<void>;
  /** Answers once per component of the shard; rejects only when the signal ends it. */
  run(
    shard: Shard,
    limits: SeatLimits,
    signal: AbortSignal,
    onResponse: (response: ShardResponse) => void,
  ): Promise<void>;
  close(): Promise<void>;
}

/** How often a busy thread is looked at, ms. */
const watchMs = 50;

interface Thread {
  readonly worker: Worker;
  readonly memoryMb: number;
}

/** @param entry gives the path of the thread's module, when one is started */
export function createSeat(entry: () => string): Seat {
  let thread: Thread | null = null;

  async function obtain(memoryMb: number): Promise<Thread> {
    if (thread?.memoryMb === memoryMb) return thread;
    await close();
    const worker = new Worker(entry(), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      // A check needs nothing of the host's environment.
      env: {},
      execArgv: [],
      stdin: false,
    });
    // Only a share at work keeps the process alive.
    worker.unref();
    worker.on('error', () => undefined);
    thread = { worker, memoryMb };
    worker.once('exit', () => {
      if (thread?.worker === worker) thread = null;
    });
    return thread;
  }

  async function close(): Promise<void> {
    const ended = thread;
    thread = null;
    await ended?.worker.terminate();
  }

  return {
    async warm(memoryMb) {
      await obtain(memoryMb);
    },
    async run(shard, limits, signal, onResponse) {
      let rest = shard.components;
      while (rest.length > 0) {
        const { worker } = await obtain(limits.memoryMb);
        const end = await runOnce(worker, { ...shard, components: rest }, limits, signal, onResponse);
        const answered = new Set(end.answered);
        rest = rest.filter(({ uuid }) => !answered.has(uuid));
        if (end.failure === null) continue;
        await close();
        signal.throwIfAborted();
        const [culprit = rest[0]] = end.culprit === null ? [] : [end.culprit];
        if (culprit === undefined) continue;
        const error = describeFailure(end.failure, culprit, limits);
        onResponse({ uuid: culprit.uuid, outcome: { error }, duration_ms: end.elapsedMs });
        rest = rest.filter(({ uuid }) => uuid !== culprit.uuid);
      }
    },
    close,
  };
}

type Failure = 'timeout' | 'memory' | 'aborted' | { readonly reason: string };

interface End {
  readonly answered: readonly string[];
  readonly failure: Failure | null;
  /** The component that was at work. */
  readonly culprit: ShardComponent | null;
  readonly elapsedMs: number;
}

function runOnce(
  worker: Worker,
  shard: Shard,
  limits: SeatLimits,
  signal: AbortSignal,
  onResponse: (response: ShardResponse) => void,
): Promise<End> {
  return new Promise((resolve) => {
    const clock = new ShardClock();
    const answered: string[] = [];
    const atWork = () => (clock.component === null ? null : (shard.components[clock.component] ?? null));

    const finish = (failure: Failure | null) => {
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      worker.unref();
      resolve({ answered, failure, culprit: atWork(), elapsedMs: clock.component === null ? 0 : clock.elapsedMs });
    };
    const onMessage = (response: ShardResponse) => {
      answered.push(response.uuid);
      onResponse(response);
      if (answered.length === shard.components.length) finish(null);
    };
    const onError = (error: Error & { readonly code?: string }) =>
      finish(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : { reason: error.message });
    const onExit = (code: number) => finish({ reason: `its thread ended with code ${code}` });
    const onAbort = () => finish('aborted');
    const watch = setInterval(() => {
      const component = atWork();
      const timeout = component === null ? undefined : limits.timeoutsMs.get(component.uuid);
      if (timeout !== undefined && clock.elapsedMs > timeout) finish('timeout');
    }, watchMs);

    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
    }
    worker.ref();
    const { files, content } = packShard(shard);
    const request: ShardRequest = {
      components: shard.components,
      files,
      content,
      facts: shard.facts,
      clock: clock.buffer,
    };
    worker.postMessage(request, [content]);
  });
}

function describeFailure(failure: Failure, component: ShardComponent, limits: SeatLimits): ErrorBody {
  const details = { component: component.id };
  if (failure === 'timeout') {
    const timeout_ms = limits.timeoutsMs.get(component.uuid) ?? null;
    return new OmniBaseError('NE004', { details: { ...details, timeout_ms } }).toBody();
  }
  if (failure === 'memory') {
    return new OmniBaseError('NE008', { details: { ...details, limit_mb: limits.memoryMb } }).toBody();
  }
  const reason = failure === 'aborted' ? 'the run was cancelled' : failure.reason;
  return new OmniBaseError('NE001', { details: { ...details, reason } }).toBody();
}
