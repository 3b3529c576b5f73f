/** The settings a workflow works with: the policy stays here, where admission is decided. */
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { WorkflowSettings } from '../../contracts/node/workflow.ts';

export function workflowSettings({ registration, deadlines }: NodeSettings): WorkflowSettings {
  const { admission: _policy, ...settings } = registration;
  return { ...settings, ...deadlines };
}
