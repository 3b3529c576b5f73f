/**
 * Runs one step of a plan on this host (stages.md 5, 7): a group of built-ins in worker threads, or one command as a
 * child process. Results are handed over as soon as each component is done, so that the caller can store them before
 * anything else can go wrong.
 */
import { mkdir } from 'node:fs/promises';
import type {
  ComponentStepResult,
  PlannedComponent,
  PlannedStep,
  StageEntry,
  StagePlan,
} from '../../contracts/stage.ts';
import { removeTree } from '../files/remove-tree.ts';
import { closeObjects } from '../git/index.ts';
import { type BuiltinJob, type BuiltinPool, createBuiltinPool } from './builtin-pool.ts';
import { type RunContext, runCommand } from './command/run-command.ts';
import { createChildRegister } from './processes/child-register.ts';

export type { RunContext } from './command/run-command.ts';

export interface StepRunnerOptions {
  /** Folder for exports and scratch, private to this host worker; emptied at the start. */
  readonly workDirectory: string;
  /** Folder for the list of living children; the next host worker of the same state reads it. */
  readonly childrenDirectory: string;
  /** Folder of the built thread and reaper entries; absent when running from the sources. */
  readonly entryDirectory?: string;
  /** Environment of the host worker; children see an allow-list of it. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface StepHooks {
  readonly run: RunContext;
  readonly signal: AbortSignal;
  /** One line of what is going on. */
  progress(text: string): void;
  /** Called once per component, before `execute` returns. */
  onResult(result: ComponentStepResult): Promise<void>;
}

export interface StepRunner {
  /** Once per process, before the first step: ends and removes what earlier host workers left, starts the threads. */
  prepare(): Promise<{ readonly endedChildren: number }>;
  /**
   * Executes the components of a step that still have no result.
   *
   * @param only uuids of those components
   * @throws the signal's reason when it was aborted; components without a call of `onResult` have no result
   */
  execute(step: PlannedStep, plan: StagePlan, only: readonly string[], hooks: StepHooks): Promise<void>;
  close(): Promise<void>;
}

export function createStepRunner(options: StepRunnerOptions): StepRunner {
  const register = createChildRegister(options.childrenDirectory, options.entryDirectory);
  const environment = options.environment ?? process.env;
  let pool: BuiltinPool | null = null;
  const builtins = (): BuiltinPool =>
    (pool ??= createBuiltinPool(
      options.entryDirectory === undefined ? {} : { entryDirectory: options.entryDirectory },
    ));

  return {
    async prepare() {
      const endedChildren = await register.sweepLeftovers();
      await removeTree(options.workDirectory);
      await mkdir(options.workDirectory, { recursive: true, mode: 0o700 });
      // Threads take about 0.1 s to start: better now than in the first run.
      await builtins().warm();
      return { endedChildren };
    },
    async execute(step, plan, only, hooks) {
      hooks.signal.throwIfAborted();
      const components = plan.components.filter(
        ({ component }) => only.includes(component.uuid) && component.uuid in step.files,
      );
      if (step.kind === 'builtins') {
        await runBuiltins(builtins(), { step, plan, components, attempt: hooks.run.attempt }, hooks);
        return;
      }
      for (const component of components) {
        const result = await runCommand(
          {
            component,
            step_id: step.id,
            timeout_ms: Math.min(component.timeout_ms, step.timeout_ms),
            snapshot: plan.snapshot,
            entries: entriesOf(component, step, plan),
            run: hooks.run,
            signal: hooks.signal,
            progress: (text) => hooks.progress(text),
          },
          { directory: options.workDirectory, environment, register },
        );
        await hooks.onResult(result);
      }
    },
    async close() {
      register.close();
      await pool?.close();
      pool = null;
      closeObjects();
      await removeTree(options.workDirectory);
    },
  };
}

/** Hands each result over as soon as it is there; waits until all of them were taken. */
async function runBuiltins(pool: BuiltinPool, job: BuiltinJob, hooks: StepHooks): Promise<void> {
  const taken: Promise<void>[] = [];
  try {
    await pool.run({ ...job, onResult: (result) => taken.push(hooks.onResult(result)) }, hooks.signal);
  } finally {
    await Promise.all(taken);
  }
}

function entriesOf({ component }: PlannedComponent, step: PlannedStep, plan: StagePlan): StageEntry[] {
  return (step.files[component.uuid] ?? []).flatMap((index) => plan.entries[index] ?? []);
}
