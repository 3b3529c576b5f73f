/**
 * The registry as commands reach it: the gateway when there is one, the database when its URL is known, a
 * stack started on the spot, and last the file cache, which can be read but not written (registry.md 8.3).
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { CallContext, RegistryApi } from '../../contracts/registry.ts';
import { resolvePaths } from '../../local/paths.ts';
import type { RegistryOptions } from '../arguments/global-options.ts';
import type { CommandContext } from '../command.ts';
import { callContext } from './call-context.ts';
import { isUsable } from './compatibility.ts';
import { connectGateway, type Gateway } from './gateway.ts';
import { mayStart, startLocalStack } from './local-stack.ts';
import { limitStaleness } from './staleness.ts';

/** `write` needs the authority; `read` may be answered by the cache; `cache` never starts anything. */
export type RegistryNeed = 'read' | 'write' | 'cache';

interface OpenRegistry {
  readonly registry: RegistryApi;
  close(): Promise<void>;
}

/**
 * Opens the registry for one command and closes it afterwards.
 *
 * @throws RG015 for a write that only the cache could take; RG019 for an answer older than allowed
 */
export async function withRegistry(
  context: CommandContext,
  options: RegistryOptions,
  need: RegistryNeed,
  use: (registry: RegistryApi, call: CallContext) => Promise<number>,
): Promise<number> {
  const opened = await openRegistry(context, options, need);
  try {
    return await use(limitStaleness(opened.registry, options.maxStale, context.io.env), callContext(context));
  } finally {
    await opened.close();
  }
}

/**
 * For checks that are better with a registry and possible without: gives null when none answers, and never
 * starts anything.
 */
export async function tryRegistry(
  context: CommandContext,
  options: RegistryOptions,
  use: (registry: RegistryApi | null, call: CallContext) => Promise<number>,
): Promise<number> {
  const { env } = context.io;
  const call = callContext(context);
  const gateway = options.offline || env['OMNIBASE_OFFLINE'] === '1' ? null : await connectGateway(context);
  if (gateway === null && (options.offline || !env['OMNIBASE_DATABASE_URL'])) return use(null, call);
  const opened = gateway === null ? await direct(context) : throughGateway(gateway);
  try {
    return await use(opened.registry, call);
  } finally {
    await opened.close();
  }
}

async function openRegistry(
  context: CommandContext,
  options: RegistryOptions,
  need: RegistryNeed,
): Promise<OpenRegistry> {
  const { env } = context.io;
  if (options.offline || env['OMNIBASE_OFFLINE'] === '1') return fromCache(context, need, 'offline was asked for');
  const gateway = await connectGateway(context);
  if (gateway !== null && (gateway.place === 'remote' || need === 'cache' || isUsable(gateway.handshake)))
    return throughGateway(gateway);
  gateway?.close();
  if (env['OMNIBASE_DATABASE_URL']) return direct(context);
  if (need === 'cache') return fromCache(context, need, 'no stack runs');
  if (!mayStart(context, options.noAutostart)) return fromCache(context, need, 'no stack runs and autostart is off');
  const { wasStoppedByUser } = await import('../../local/up.ts');
  if (wasStoppedByUser(resolvePaths({ ...env })))
    return fromCache(context, need, 'the stack was stopped with omnibase down');
  return throughGateway(await startLocalStack(context, { noAutostart: options.noAutostart, inline: false }));
}

function throughGateway(gateway: Gateway): OpenRegistry {
  return {
    registry: gateway.client.registry,
    async close() {
      gateway.close();
    },
  };
}

async function direct({ io }: CommandContext): Promise<OpenRegistry> {
  const { openDirectRegistry } = await import('./direct-registry.ts');
  return openDirectRegistry(io.env, 'auto');
}

async function fromCache({ io }: CommandContext, need: RegistryNeed, why: string): Promise<OpenRegistry> {
  if (need === 'write') {
    throw new OmniBaseError('RG015', {
      message: `the registry can only be read now: ${why}`,
      details: { reason: why },
      next: 'omnibase up',
    });
  }
  const { openDirectRegistry } = await import('./direct-registry.ts');
  return openDirectRegistry(io.env, 'always');
}
