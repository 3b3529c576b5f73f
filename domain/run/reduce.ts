/**
 * The reducer of a run (runs.md 3, 12): what each message and each look at the row does in each state. Pure: the workflow
 * projects what it says, and `absorbAnswer` takes over what the database made of it.
 */
import type { DbInstant, RunMemory } from '../../contracts/run/memory.ts';
import { reduceAck } from './reduce/ack.ts';
import { reduceBeat } from './reduce/beat.ts';
import { reduceClock } from './reduce/clock.ts';
import { cancelTerminate, reduceCommand } from './reduce/command.ts';
import { reduceCreate, reduceOverride, reduceReport, reduceReset } from './reduce/requests.ts';
import type { ReduceContext, Reduced, RunInput } from './reduce/types.ts';
import { instantText } from './time.ts';

export type { ReduceContext, Reduced, RunEffect, RunInput } from './reduce/types.ts';
export { judgeSubmit } from './reduce/command.ts';

/**
 * @param now the clock of the database as far as the workflow knows it, ms; only guards use it, verdicts are tested again
 * where they are written
 */
export function reduceRun(memory: RunMemory, input: RunInput, now: DbInstant, context: ReduceContext): Reduced {
  switch (input.kind) {
    case 'create':
      return reduceCreate(memory, input.order, context);
    case 'beat':
      return reduceBeat(memory, input.beat, context);
    case 'command':
      return reduceCommand(memory, input.submit, input.direct, now, context);
    case 'ack':
      return reduceAck(memory, input.ack, context);
    case 'report':
      return reduceReport(memory, input.request, context);
    case 'reset':
      return reduceReset(memory, input.request, context);
    case 'override':
      return reduceOverride(memory, input.request, context);
    case 'clock':
      return reduceClock(memory, input.reading, context);
    case 'cancel':
      return reduceCommand(memory, cancelTerminate(context.newId(), instantText(now)), true, now, context);
  }
}
