/**
 * Sends pokes at no more than `sweep.pokes_per_second` (registration.md 9 "Sweeper"): a second's worth at once, then the
 * next second's. Each handful is noted just before it is sent, so a sweep that dies loses little.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pulse } from './subject.ts';

/** Signals under way at the same time: enough to send 50 within 0.1 s, few enough to leave the engine alone. */
const atOnce = 16;
const secondMs = 1_000;

export interface PacedPokes<Target> {
  readonly perSecond: number;
  /** Called before each second's worth. */
  readonly refresh: () => Promise<void>;
  readonly claim: (targets: readonly Target[]) => Promise<readonly Target[]>;
  readonly send: (target: Target) => Promise<void>;
  readonly pulse: Pulse;
}

/** Sends to all; `send` deals with its own failures. */
export async function pokeAtPace<Target>(targets: readonly Target[], pace: PacedPokes<Target>): Promise<void> {
  for (let from = 0; from < targets.length; from += pace.perSecond) {
    const started = performance.now();
    pace.pulse.signal.throwIfAborted();
    await pace.refresh();
    await sendAll(await pace.claim(targets.slice(from, from + pace.perSecond)), pace);
    pace.pulse.beat();
    const rest = secondMs - (performance.now() - started);
    if (from + pace.perSecond < targets.length && rest > 0) {
      await sleep(rest, undefined, { signal: pace.pulse.signal });
    }
  }
}

async function sendAll<Target>(targets: readonly Target[], { send, pulse }: PacedPokes<Target>): Promise<void> {
  const waiting = targets.values();
  const line = async (): Promise<void> => {
    // One iterator for all lines: each target is taken once.
    for (const target of waiting) {
      pulse.beat();
      await send(target);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, targets.length) }, line));
}
