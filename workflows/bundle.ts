/** Everything a worker registers as a workflow: the entry of the workflow bundle (`workers/build-bundle.ts`). */
export { deadlineSweep } from './deadline-sweep.ts';
export { registration } from './registration.ts';
export { stageRun } from './stage-run.ts';
