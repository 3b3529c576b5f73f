/**
 * Who is following which run: open streams are counted per run, the first one starts the watch for the
 * run's end, and when the last stream of an attached run has been closed for two seconds its owner counts
 * as gone (stages.md 6.3).
 */

export interface FollowerHooks {
  /** Called once when the owner of an open run has been away for `goneMs`. */
  readonly ownerGone: (runId: string, workflowId: string) => void;
  /** Whether a run is known to have ended: then nobody needs to be missed. */
  readonly isOver: (runId: string) => boolean;
  readonly goneMs: number;
}

/** A run that exists, and how its end is watched while it has streams. */
export interface ConfirmedRun {
  readonly runId: string;
  readonly workflowId: string;
  /** Whether this stream is the owner's. */
  readonly owned: boolean;
  /** Started once per run; the signal fires when the run has no stream any more. */
  readonly watch: (signal: AbortSignal) => void;
}

interface Following {
  streams: number;
  /** Set once an owner follows. */
  owned: { readonly workflowId: string } | null;
  watching: AbortController | null;
  goneTimer: NodeJS.Timeout | null;
}

export class Followers {
  private readonly hooks: FollowerHooks;
  private readonly runs = new Map<string, Following>();
  private draining = false;

  constructor(hooks: FollowerHooks) {
    this.hooks = hooks;
  }

  /** A stream of this run opens. Every call is paired with one of `leave`. */
  enter(runId: string): void {
    const following = this.runs.get(runId) ?? { streams: 0, owned: null, watching: null, goneTimer: null };
    this.runs.set(runId, following);
    following.streams += 1;
    if (following.goneTimer !== null) clearTimeout(following.goneTimer);
    following.goneTimer = null;
  }

  /** The run of an open stream exists. */
  confirm({ runId, workflowId, owned, watch }: ConfirmedRun): void {
    const following = this.runs.get(runId);
    if (following === undefined) return;
    if (owned) following.owned = { workflowId };
    if (following.watching !== null) return;
    following.watching = new AbortController();
    watch(following.watching.signal);
  }

  /** A stream of this run closes. */
  leave(runId: string): void {
    const following = this.runs.get(runId);
    if (following === undefined) return;
    following.streams -= 1;
    if (following.streams > 0) return;
    following.watching?.abort();
    following.watching = null;
    const { owned } = following;
    if (owned === null || this.draining || this.hooks.isOver(runId)) this.runs.delete(runId);
    else following.goneTimer = setTimeout(() => this.giveUp(runId, owned.workflowId), this.hooks.goneMs).unref();
  }

  /** The process stops serving: streams close, but no owner has gone. */
  drain(): void {
    this.draining = true;
    for (const { goneTimer, watching } of this.runs.values()) {
      if (goneTimer !== null) clearTimeout(goneTimer);
      watching?.abort();
    }
    this.runs.clear();
  }

  private giveUp(runId: string, workflowId: string): void {
    this.runs.delete(runId);
    if (!this.hooks.isOver(runId)) this.hooks.ownerGone(runId, workflowId);
  }
}
