/**
 * Nodes as commands reach them (registration.md 10): through the gateway; for reading also straight on the configured
 * database; else through the local stack, which is started on the spot.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { NodesApi } from '../../contracts/node/api.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { resolvePaths } from '../../local/paths.ts';
import type { CommandContext } from '../command.ts';
import { callContext } from './call-context.ts';
import { isUsable } from './compatibility.ts';
import { connectGateway, type Gateway } from './gateway.ts';
import { mayStart, startLocalStack } from './local-stack.ts';

/** What the commands that look at nodes use; Postgres alone can answer it. */
export type NodeReads = Pick<NodesApi, 'list' | 'counts' | 'get' | 'transitions' | 'select' | 'events'>;

/** An open way to nodes. */
export interface OpenNodes<Api> {
  readonly nodes: Api;
  /** Present when a gateway answers, whose address the node client can use as well. */
  readonly gateway: Gateway | null;
  close(): Promise<void>;
}

/** For commands that change something, and for those that ask a workflow: the gateway, started when there is none. */
export async function withNodes(
  context: CommandContext,
  noAutostart: boolean,
  use: (nodes: NodesApi, call: CallContext, gateway: Gateway) => Promise<number>,
): Promise<number> {
  const gateway = (await usableGateway(context)) ?? (await startGateway(context, noAutostart));
  try {
    return await use(gateway.client.nodes, nodeCall(context), gateway);
  } finally {
    gateway.close();
  }
}

/** For commands that read: the gateway, else the database of OMNIBASE_DATABASE_URL, else a started stack. */
export async function withNodeReads(
  context: CommandContext,
  noAutostart: boolean,
  use: (nodes: NodeReads, call: CallContext) => Promise<number>,
): Promise<number> {
  const opened = await openReads(context, noAutostart);
  try {
    return await use(opened.nodes, nodeCall(context));
  } finally {
    await opened.close();
  }
}

async function openReads(context: CommandContext, noAutostart: boolean): Promise<OpenNodes<NodeReads>> {
  const gateway = await usableGateway(context);
  if (gateway !== null) return throughGateway(gateway);
  const url = context.io.env['OMNIBASE_DATABASE_URL'];
  if (url === undefined || url === '') return throughGateway(await startGateway(context, noAutostart));
  context.detail('no gateway answers: reading straight from the configured database');
  const [{ openDirectNodes }, { nodeSettingsOf }, { loadCliConfig }] = await Promise.all([
    import('./direct-nodes.ts'),
    import('../../domain/config/node-settings.ts'),
    import('./load-cli-config.ts'),
  ]);
  const direct = openDirectNodes(url, nodeSettingsOf((await loadCliConfig(context)).config));
  return { nodes: direct.nodes, gateway: null, close: () => direct.close() };
}

/** A local stack that this program cannot use counts as none. */
async function usableGateway(context: CommandContext): Promise<Gateway | null> {
  const gateway = await connectGateway(context);
  if (gateway === null || gateway.place === 'remote' || isUsable(gateway.handshake)) return gateway;
  gateway.close();
  return null;
}

/** @throws OB010 after `omnibase down`; OR060 when nothing may be started; see `startLocalStack` */
async function startGateway(context: CommandContext, noAutostart: boolean): Promise<Gateway> {
  if (mayStart(context, noAutostart)) {
    const { wasStoppedByUser } = await import('../../local/up.ts');
    const paths = resolvePaths({ ...context.io.env });
    if (wasStoppedByUser(paths))
      throw new OmniBaseError('OB010', {
        message: `no gateway answers at ${paths.socket_path}: the stack was stopped with omnibase down`,
        details: { address: paths.socket_path, reason: 'stopped' },
        next: 'omnibase up',
      });
  }
  return startLocalStack(context, { noAutostart, inline: false });
}

function throughGateway(gateway: Gateway): OpenNodes<NodesApi> {
  return {
    nodes: gateway.client.nodes,
    gateway,
    async close() {
      gateway.close();
    },
  };
}

/** The local user; a gateway decides by its own knowledge who calls. */
function nodeCall(context: CommandContext): CallContext {
  const call = callContext(context);
  return { ...call, principal: { ...call.principal, capabilities: ['node.read', 'node.register'] } };
}
