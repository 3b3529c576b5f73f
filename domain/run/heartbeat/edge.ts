/** Which accepted beats change more than telemetry and so go to the workflow (runs.md 5.5). */
import type { RunMirror } from '../../../contracts/run/row.ts';
import type { RuntimeStatus } from '../../../contracts/run/vocabulary.ts';
import { isStarting } from '../states.ts';

export type EdgeMirror = Pick<RunMirror, 'run_state' | 'shown_status' | 'health'>;

/** Whether a beat that was stored is an edge. The first of an attempt always is: nothing is mirrored before it. */
export function isEdge(mirror: EdgeMirror, beat: { readonly status: RuntimeStatus; readonly step: number }): boolean {
  return (
    beat.status !== mirror.shown_status ||
    (isStarting(mirror.run_state) && beat.status === 'running' && beat.step > 0) ||
    mirror.health !== 'healthy'
  );
}
