/**
 * The settings of a serving process: user file and environment over the defaults (platform.md 3). A project file says
 * nothing here: the process serves every project of its user, wherever it was started.
 */
import type { NodeSettings } from '../../contracts/node/settings.ts';
import { nodeSettingsOf } from '../../domain/config/node-settings.ts';
import { loadConfig } from '../../local/config.ts';
import type { Sink } from '../relay/sink.ts';
import { createWebhookSinks } from '../relay/webhook-sink.ts';

export interface ServeSettings {
  readonly nodes: NodeSettings;
  /** `outbox.webhooks[]`, with their secrets. */
  readonly webhooks: readonly Sink[];
}

/**
 * @throws OB003 for an unknown key or a value out of range; ND016 when two values do not go together, or a webhook has
 *   no secret (exit 2)
 */
export async function readServeSettings(env: NodeJS.ProcessEnv): Promise<ServeSettings> {
  const { config } = await loadConfig({ env, project: false });
  return { nodes: nodeSettingsOf(config), webhooks: createWebhookSinks(config.outbox?.webhooks ?? [], env) };
}
