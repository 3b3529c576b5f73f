/** Sync: the file cache is brought up to the database, on demand (registry.md 8.4). */
import type { Answer, CallContext, SyncReport } from '../../contracts/registry.ts';
import { authorise } from './authorise.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { isUnavailable } from '../../db/failure.ts';
import type { CallFacts } from './call.ts';
import { fromAuthority } from './freshness.ts';
import { noteOutage } from './read.ts';
import type { Runtime } from './runtime.ts';

/** @throws RG016 while the database is away, and when the file cache is switched off */
export async function sync(
  runtime: Runtime,
  options: { readonly full?: boolean },
  context: CallContext,
  facts: CallFacts,
): Promise<Answer<SyncReport>> {
  authorise(runtime, context, 'registry.read');
  const { database, availability } = runtime;
  if (database === null || runtime.offline === 'always') {
    throw new OmniBaseError('RG016', { message: 'there is no database to synchronise with' });
  }
  if (runtime.file === null) {
    throw new OmniBaseError('RG016', {
      message: 'the file cache is switched off',
      next: 'set registry.cache.file to true',
    });
  }
  const start = performance.now();
  try {
    const outcome = await runtime.synchronise(database, { full: options.full === true });
    availability.succeeded();
    const duration_ms = Math.round(performance.now() - start);
    facts.result_count = outcome.applied + outcome.removed;
    return { data: { ...outcome, duration_ms }, freshness: fromAuthority(), warnings: [] };
  } catch (error) {
    if (isUnavailable(error)) noteOutage(runtime, error);
    throw error;
  }
}
