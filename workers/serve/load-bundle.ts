/** The workflow bundle of this installation: prebuilt in `dist/`, built on the fly in a checkout without one. */
import { join } from 'node:path';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { installation } from '../../local/installation.ts';

/** @param fromSources true when this code runs from `.ts` files */
export async function loadBundle(fromSources = import.meta.filename.endsWith('.ts')): Promise<WorkflowBundleOption> {
  if (!fromSources) return { codePath: join(installation().root, 'dist', 'workflow-bundle.js') };
  const { workflowBundle } = await import('../build-bundle.ts');
  return workflowBundle();
}
