/** Tokens as commands reach them: through the gateway, which is started when there is none. */
import type { CallContext } from '../../contracts/registry.ts';
import type { TokensApi } from '../../contracts/token.ts';
import type { CommandContext } from '../command.ts';
import { callContext } from './call-context.ts';
import { isUsable } from './compatibility.ts';
import { connectGateway } from './gateway.ts';
import { startLocalStack } from './local-stack.ts';

/** @throws OR060 when no stack runs and none may be started */
export async function withTokens(
  context: CommandContext,
  use: (tokens: TokensApi, call: CallContext) => Promise<number>,
): Promise<number> {
  const found = await connectGateway(context);
  const usable = found !== null && (found.place === 'remote' || isUsable(found.handshake));
  if (!usable) found?.close();
  const gateway = usable ? found : await startLocalStack(context, { noAutostart: false, inline: false });
  try {
    return await use(gateway.client.tokens, callContext(context));
  } finally {
    gateway.close();
  }
}
