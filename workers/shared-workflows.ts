/**
 * One workflow thread for all workers of a process. Each worker would make its own: 0.2 s of start and 70 MB for the same
 * code. The workers keep their queues, activities and caches; what runs inside the sandbox is known by its run id.
 *
 * It replaces two steps by which a worker of the SDK is made. They are protected, so the compiler says when a release
 * changes them, and `test/workflow/shared-workflows.test.ts` when they mean something else.
 */
import type { CompiledWorkerOptions, Logger, Worker } from '@temporalio/worker';
import type { WorkflowCreator } from '@temporalio/worker/lib/workflow/interface.js';
import type { WorkflowBundleWithSourceMapAndFilename } from '@temporalio/worker/lib/workflow/workflow-worker-thread/input.js';

/**
 * @param activities names that workflows of any of these workers may call locally
 * @returns makes workers; all of them must have the same bundle
 */
export async function sharingWorkflows(activities: readonly string[]): Promise<typeof Worker> {
  const sdk = await import('@temporalio/worker');
  let bundle: Promise<WorkflowBundleWithSourceMapAndFilename | undefined> | undefined;
  let shared: Promise<WorkflowCreator> | undefined;
  let users = 0;

  return class extends sdk.Worker {
    protected static override getOrCreateBundle(options: CompiledWorkerOptions, logger: Logger) {
      bundle ??= super.getOrCreateBundle(options, logger);
      return bundle;
    }

    protected static override async createWorkflowCreator(
      code: WorkflowBundleWithSourceMapAndFilename,
      options: CompiledWorkerOptions,
      logger: Logger,
    ): Promise<WorkflowCreator> {
      users += 1;
      shared ??= super.createWorkflowCreator(
        code,
        { ...withoutTimeout(options), activities: named(options, activities) },
        logger,
      );
      const creator = await shared;
      return {
        createWorkflow: (workflow) => creator.createWorkflow(workflow),
        async destroy() {
          users -= 1;
          if (users === 0) await creator.destroy();
        },
      };
    }
  };
}

/**
 * The SDK limits every call into the sandbox to 5 s, and Node starts a thread for each such limit: 0.1 ms of processor time
 * per call, 45 calls per registration, a third of what its workflow cost. The workflows are our own and have no loop that
 * waits for nobody; without the member Node sets no limit.
 */
function withoutTimeout(options: CompiledWorkerOptions): CompiledWorkerOptions {
  const unlimited: Partial<CompiledWorkerOptions> = { ...options };
  delete unlimited.isolateExecutionTimeoutMs;
  return unlimited as CompiledWorkerOptions;
}

/** The sandbox asks only whether a name is there. */
function named({ activities }: CompiledWorkerOptions, names: readonly string[]): CompiledWorkerOptions['activities'] {
  const elsewhere = () => Promise.reject(new Error('another worker of this process serves it'));
  const all: CompiledWorkerOptions['activities'] = new Map(activities);
  for (const name of names) if (!all.has(name)) all.set(name, elsewhere);
  return all;
}
