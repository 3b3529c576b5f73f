/** What the host and its worker threads say to each other about built-ins. */
import type { ErrorBody } from '../../../contracts/error.ts';
import type { FileFacts, GivenOptions, RunFacts } from '../../builtin/definition.ts';
import type { BuiltinAnswer } from '../../builtin/run-builtin.ts';

/** A share of a step: some components on some files. */
export interface ShardRequest {
  readonly components: readonly ShardComponent[];
  readonly files: readonly ShardFile[];
  /** Contents of all files, one after the other. */
  readonly content: ArrayBuffer;
  readonly facts: RunFacts;
  /** See `ShardClock`. */
  readonly clock: SharedArrayBuffer;
}

export interface ShardComponent {
  readonly uuid: string;
  /** Id of the built-in. */
  readonly id: string;
  readonly options: GivenOptions;
  readonly inlineAllow: boolean;
  /** Indexes into `files`, in the order of their paths. */
  readonly files: readonly number[];
}

export type ShardFile = FileFacts & {
  /** Where its content lies; null when it was not read. */
  readonly content: { readonly offset: number; readonly length: number } | null;
};

/** A component is done with the share; the last one of a share ends it. */
export interface ShardResponse {
  readonly uuid: string;
  readonly duration_ms: number;
  readonly outcome: BuiltinAnswer | { readonly error: ErrorBody };
}

/**
 * Shared memory by which a thread says, without a message, which component it is busy with and since when; a thread
 * that hangs cannot send messages.
 */
export class ShardClock {
  readonly buffer: SharedArrayBuffer;
  readonly #values: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer;
    this.#values = new BigInt64Array(buffer);
  }

  /** Called by the thread before each component. */
  begin(component: number): void {
    Atomics.store(this.#values, 1, process.hrtime.bigint());
    Atomics.store(this.#values, 0, BigInt(component + 1));
  }

  /** The component at work, by index; null before the first. */
  get component(): number | null {
    const value = Number(Atomics.load(this.#values, 0));
    return value === 0 ? null : value - 1;
  }

  /** For how long, ms. */
  get elapsedMs(): number {
    return Number(process.hrtime.bigint() - Atomics.load(this.#values, 1)) / 1e6;
  }
}
