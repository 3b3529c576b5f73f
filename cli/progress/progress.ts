/**
 * Progress of a run on stderr (stages.md 12): a live block on a terminal, a line now and then elsewhere,
 * nothing with `--quiet`. Nothing is shown for a run that is quick enough.
 */
import type { StageEvent } from '../../contracts/stage.ts';
import type { OutputStream } from '../io.ts';
import { shownDuration } from '../output/duration.ts';
import { safeText } from '../output/safe-text.ts';
import { truncate } from '../output/width.ts';
import { applyEvent, initialRunState, type RunState } from './run-state.ts';

export interface Progress {
  /** Says what is waited for outside of any step. */
  phase(text: string): void;
  event(event: StageEvent): void;
  /** A line that stays; the block moves below it. */
  note(text: string): void;
  /** Removes what is on the screen; nothing is shown afterwards. */
  stop(): void;
}

/** First sign of life when anything is slow, ms. */
const firstSignMs = 100;
/** From then on the running steps are shown, ms. */
const blockMs = 300;
const redrawMs = 100;
/** Off a terminal: a line per step running longer than this, and again after as long, ms. */
const lineEveryMs = 10_000;
const mostSteps = 8;

/** @param title what runs, e.g. `omnibase pre-commit` */
export function startProgress(stream: OutputStream, title: string, quiet: boolean): Progress {
  if (quiet) return { phase: ignore, event: ignore, note: ignore, stop: ignore };
  return stream.canRedraw ? liveBlock(stream, title) : plainLines(stream, title);
}

function liveBlock(stream: OutputStream, title: string): Progress {
  const started = performance.now();
  let state = initialRunState;
  let drawn = 0;
  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`);
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - started < firstSignMs) return;
    const lines = blockLines(title, state, now, started).map((line) => truncate(line, stream.columns - 1));
    stream.write(`${erase()}${lines.join('\n')}\n`);
    drawn = lines.length;
  }, redrawMs);
  timer.unref();
  return {
    phase(text) {
      state = { ...state, phase: text };
    },
    event(event) {
      state = applyEvent(state, event, performance.now());
    },
    note(text) {
      stream.write(`${erase()}${text}\n`);
      drawn = 0;
    },
    stop() {
      clearInterval(timer);
      if (drawn > 0) stream.write(erase());
      drawn = 0;
    },
  };
}

/** The block: what runs, for how long, and per running step its last output line. */
export function blockLines(title: string, state: RunState, now: number, started: number): string[] {
  const counts = state.steps === 0 ? state.phase : `${state.finished} of ${state.steps} steps`;
  const head = `${title}   ${counts}   ${shownDuration(now - started)}`;
  if (now - started < blockMs) return [head];
  const shown = state.running.slice(0, mostSteps).map(({ summary, since, text }) => {
    const last = text === '' ? '' : `   ${safeText(text)}`;
    return `  ${safeText(summary)}   ${shownDuration(now - since)}${last}`;
  });
  const more = state.running.length - shown.length;
  return [head, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function plainLines(stream: OutputStream, title: string): Progress {
  let state = initialRunState;
  let waitingSince = performance.now();
  const told = new Map<string, number>();
  const timer = setInterval(() => {
    const now = performance.now();
    if (state.running.length === 0 && state.phase !== 'finished' && now - waitingSince >= lineEveryMs) {
      stream.write(`${title}: still ${state.phase}, ${shownDuration(now - waitingSince)}\n`);
      waitingSince = now;
    }
    for (const { id, summary, since, text } of state.running) {
      if (now - (told.get(id) ?? since) < lineEveryMs) continue;
      told.set(id, now);
      stream.write(
        `${title}: ${safeText(summary)} is running, ${shownDuration(now - since)}${text === '' ? '' : `: ${safeText(text)}`}\n`,
      );
    }
  }, 1000);
  timer.unref();
  return {
    phase(text) {
      state = { ...state, phase: text };
      waitingSince = performance.now();
    },
    event(event) {
      state = applyEvent(state, event, performance.now());
      waitingSince = performance.now();
    },
    note(text) {
      stream.write(`${text}\n`);
    },
    stop() {
      clearInterval(timer);
    },
  };
}

function ignore(): void {
  // Quiet: nothing to show.
}
