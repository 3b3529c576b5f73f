/** Stage runs as commands reach them: through the gateway, which is started when nothing is configured. */
import type { StageRunsApi } from '../../contracts/gateway.ts';
import type { CommandContext } from '../command.ts';
import { isUsable } from './compatibility.ts';
import { connectGateway, type Gateway } from './gateway.ts';
import { startLocalStack, type StartWishes } from './local-stack.ts';

export interface StageControl {
  readonly stageRuns: StageRunsApi;
  close(): void;
}

/** What is there already, or null: nothing is started. A local stack that this program cannot use counts as none. */
export async function findStageControl(context: CommandContext): Promise<StageControl | null> {
  const gateway = await connectGateway(context);
  if (gateway === null) return null;
  if (gateway.place === 'remote' || isUsable(gateway.handshake)) return control(gateway);
  gateway.close();
  return null;
}

/** @throws see `startLocalStack` */
export async function startStageControl(context: CommandContext, wishes: StartWishes): Promise<StageControl> {
  return control(await startLocalStack(context, wishes));
}

/** For the commands that look at runs: connects, starts the stack if need be, and closes afterwards. */
export async function withStageRuns(
  context: CommandContext,
  use: (stageRuns: StageRunsApi) => Promise<number>,
): Promise<number> {
  const opened =
    (await findStageControl(context)) ?? (await startStageControl(context, { noAutostart: false, inline: false }));
  try {
    return await use(opened.stageRuns);
  } finally {
    opened.close();
  }
}

function control(gateway: Gateway): StageControl {
  return {
    stageRuns: gateway.client.stageRuns,
    close: () => gateway.close(),
  };
}
