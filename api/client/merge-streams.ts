/**
 * One run, several streams: after a break the next stream repeats what was seen, and when the serving
 * process was restarted its sequence numbers start anew. This puts them together: every event once, `seq`
 * always rising.
 */
import type { StageEvent } from '../../contracts/stage.ts';

/** Where to go on reading. */
export interface StreamPosition {
  readonly after_seq: number;
  /** Instance that counted `after_seq`; undefined before the first stream. */
  readonly instance: string | undefined;
}

export class StreamMerger {
  private instance: string | undefined;
  private lastSeq: number;
  private emittedSeq: number;
  /** Events that mean the same thing when another instance tells them again → who told them first. */
  private readonly told = new Map<string, string>();

  constructor(afterSeq = 0) {
    this.lastSeq = afterSeq;
    this.emittedSeq = afterSeq;
  }

  get position(): StreamPosition {
    return { after_seq: this.lastSeq, instance: this.instance };
  }

  /** The event to pass on, or null when it was passed on before. */
  accept(event: StageEvent, instance: string): StageEvent | null {
    if (this.instance !== undefined && this.instance !== instance) this.lastSeq = 0;
    this.instance = instance;
    if (event.seq <= this.lastSeq) return null;
    this.lastSeq = event.seq;
    const key = keyOf(event);
    const teller = key === null ? instance : (this.told.get(key) ?? instance);
    if (teller !== instance) return null;
    if (key !== null) this.told.set(key, instance);
    this.emittedSeq = Math.max(this.emittedSeq + 1, event.seq);
    return this.emittedSeq === event.seq ? event : { ...event, seq: this.emittedSeq };
  }
}

function keyOf(event: StageEvent): string | null {
  switch (event.type) {
    case 'run.started':
    case 'run.planned':
    case 'run.finished':
      return event.type;
    case 'step.started':
    case 'step.finished':
      return `${event.type} ${event.step_id}`;
    case 'message':
      return `message ${event.message.level} ${event.message.code ?? ''} ${event.message.text}`;
    default:
      return null;
  }
}
