/**
 * The deadline a run is started with (stages.md 6.4): the server ends the workflow a minute after it, so the project's
 * own setting has to be known before the start, not only by the plan.
 */
import { readSettings } from '../../activities/stages.ts';
import type { StageRunEngine } from '../../api/stage-runs/engine.ts';
import type { StageRunInput } from '../../contracts/stage.ts';

/** The same engine, for a process on the machine that holds the repositories. */
export function startingWithProjectDeadline(engine: StageRunEngine): StageRunEngine {
  return { ...engine, start: async (input) => engine.start({ ...input, deadline_ms: await deadlineOf(input) }) };
}

async function deadlineOf({ snapshot, stage, options, deadline_ms }: StageRunInput): Promise<number> {
  if (options.timeout_ms !== null) return deadline_ms;
  try {
    const { settings } = await readSettings(snapshot, stage);
    return settings.timeout_ms ?? deadline_ms;
  } catch {
    // Planning meets the same error and reports it with the run.
    return deadline_ms;
  }
}
