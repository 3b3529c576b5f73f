/** Steps of the way from candidate to selected component: in, or out with a reason. */
import type { SkippedComponent } from '../../../contracts/stage.ts';
import type { Candidate } from './candidates.ts';
import type { Drop } from './rules.ts';
import { nameOf, type SelectedComponent } from './selected.ts';

/** A candidate that is in, and how it got there. */
export interface Choice extends Pick<SelectedComponent, 'selected_by' | 'spec'> {
  readonly candidate: Candidate;
}

/** A candidate that is out. */
export interface Dropped extends Drop {
  readonly candidate: Candidate;
}

export function skippedOf({ candidate, reason, by }: Dropped): SkippedComponent {
  return { ref: nameOf(candidate.record), reason, by };
}
