/**
 * Builds the workflow bundle: everything that runs inside the sandbox, as one script (architecture.md). Products ship it
 * prebuilt, which saves 0.7 s at every start of a worker; a checkout without `dist/` builds it on the fly.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger, WorkflowBundleWithSourceMap } from '@temporalio/worker';

const root = join(import.meta.dirname, '..');
/**
 * Rules without any state, evaluated once per process instead of once per workflow: that is most of the code of a
 * workflow, and would be most of its memory.
 */
const pureModules = [
  'workflows/stack-traces.ts',
  'contracts/error.ts',
  'contracts/search-attributes.ts',
  'contracts/node/settings.ts',
  'contracts/node/vocabulary.ts',
  'domain/registration/decide/decide.ts',
  'domain/registration/decide/hints.ts',
  'domain/registration/decide/not-due.ts',
  'domain/registration/facts.ts',
  'domain/registration/memory.ts',
  'domain/registration/messages.ts',
  'domain/stage/transitions.ts',
];

const silent: Logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

let built: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The bundle, built once per process. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  built ??= bundle();
  return built;
}

/** Writes the bundle to `outFile` (`dist/workflow-bundle.js`), whole or not at all. */
export async function buildWorkflowBundle(options: { readonly outFile: string }): Promise<{ readonly bytes: number }> {
  const code = withSmallSourceMap((await workflowBundle()).code);
  await mkdir(dirname(options.outFile), { recursive: true });
  const unfinished = `${options.outFile}.${process.pid}.tmp`;
  await writeFile(unfinished, code);
  await rename(unfinished, options.outFile);
  return { bytes: Buffer.byteLength(code) };
}

/** Sources inside the map are two thirds of the file, and every start of a worker would parse them. */
function withSmallSourceMap(code: string): string {
  return code.replace(
    /(\/\/# sourceMappingURL=data:application\/json[^,]*,)(\S+)\s*$/,
    (_, head: string, data: string) => {
      const map = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as { sourcesContent?: unknown };
      delete map.sourcesContent;
      return `${head}${Buffer.from(JSON.stringify(map)).toString('base64')}\n`;
    },
  );
}

async function bundle(): Promise<WorkflowBundleWithSourceMap> {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  return bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', 'bundle.ts'),
    preloadModules: pureModules.map((file) => join(root, file)),
    workflowInterceptorModules: [join(root, 'workflows', 'interceptors', 'correlation.ts')],
    logger: silent,
  });
}
