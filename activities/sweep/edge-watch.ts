/**
 * How long a node's hot row has differed from its projection (registration.md 9 "Sweeper", `edge`). The hot row keeps the
 * newest beat only. If that is old enough the difference is too; a node that beats fast is remembered from sweep to sweep
 * instead. The memory is one process's: should the next sweep run elsewhere, the poke comes a little later.
 */
import { type DueNode, undeliveredAfterMs } from '../../db/stores/sweep/find-pokes.ts';

interface Sighting {
  readonly mark: string;
  readonly since: number;
}

export class EdgeWatch {
  private before = new Map<string, Sighting>();
  private now = new Map<string, Sighting>();

  /** Forgets what the sweep before the last saw. */
  beginSweep(): void {
    this.before = this.now;
    this.now = new Map();
  }

  /** @param at milliseconds of a clock that never goes back */
  isOld(node: DueNode, at: number): boolean {
    const key = `${node.domain}/${node.entity_id}`;
    const mark = `${node.epoch} ${node.reported_status}`;
    const known = this.before.get(key);
    const since = known?.mark === mark ? known.since : at;
    this.now.set(key, { mark, since });
    return at - since >= undeliveredAfterMs || (node.beat_age_ms ?? 0) >= undeliveredAfterMs;
  }
}
