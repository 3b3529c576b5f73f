/** Registers the built-in validators, or tells what registering them would do. */
import type { RegisterResult } from '../../contracts/registry.ts';
import type { RegistryOptions } from '../arguments/global-options.ts';
import type { CommandContext } from '../command.ts';
import { tryRegistry, withRegistry } from '../control/registry-control.ts';

/** Registrations in flight: enough to hide the round trips, few for the connection pool. */
const atOnce = 4;

/** Registers them side by side; the answers keep the order of the catalogue. */
export async function registerBuiltins(
  context: CommandContext,
  options: RegistryOptions,
  documents: readonly unknown[],
): Promise<readonly RegisterResult[]> {
  let results: readonly RegisterResult[] = [];
  await withRegistry(context, options, 'write', async (registry, call) => {
    const register = async (document: unknown): Promise<RegisterResult> =>
      (await registry.register(document, { source: { kind: 'package', ref: 'omnibase' } }, call)).data;
    results = await mapInOrder(documents, register);
    return 0;
  });
  return results;
}

/** Asks a registry that is there; nothing is started only to look. */
export async function previewBuiltins(
  context: CommandContext,
  options: RegistryOptions,
  documents: readonly unknown[],
): Promise<readonly RegisterResult[]> {
  let results: readonly RegisterResult[] = [];
  await tryRegistry(context, options, async (registry, call) => {
    if (registry === null) return 0;
    const preview = async (document: unknown): Promise<RegisterResult> =>
      (await registry.register(document, { source: { kind: 'package', ref: 'omnibase' }, dry_run: true }, call)).data;
    results = await mapInOrder(documents, preview);
    return 0;
  });
  return results;
}

async function mapInOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
