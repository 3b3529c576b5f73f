/** Name, id and input of the deadline sweep (registration.md 9 "Sweeper"). Clients import this file: it loads nothing. */
import type { SweepInput } from '../../contracts/node/sweep.ts';

/** Workflow type. */
export const deadlineSweepType = 'deadlineSweep';

/** There is one in a namespace. */
export const deadlineSweepId = 'deadline-sweep';

export const firstSweepInput: SweepInput = { schema_version: 1, sweeps: 0 };
