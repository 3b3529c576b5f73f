/** Refuses answers that are older than the caller allows (registry.md 8.3). */
import { OmniBaseError } from '../../contracts/error.ts';
import type { Answer, RegistryApi } from '../../contracts/registry.ts';
import type { Environment } from '../io.ts';

/** In CI an answer older than the cache's time to live is refused unless told otherwise, ms. */
const ciLimitMs = 3_600_000;

/** @throws RG019 from lookup and search when the answer is older than `maxStaleMs` */
export function limitStaleness(registry: RegistryApi, maxStaleMs: number | undefined, env: Environment): RegistryApi {
  const limit =
    maxStaleMs ?? (env['CI'] === undefined || env['CI'] === '' || env['CI'] === 'false' ? undefined : ciLimitMs);
  if (limit === undefined) return registry;
  const check = <T>(answer: Answer<T>): Answer<T> => {
    const { source, age_ms } = answer.freshness;
    if (source === 'cache' && age_ms > limit)
      throw new OmniBaseError('RG019', { details: { age_ms, max_stale_ms: limit } });
    return answer;
  };
  return {
    register: (...given) => registry.register(...given),
    update: (...given) => registry.update(...given),
    remove: (...given) => registry.remove(...given),
    sync: (...given) => registry.sync(...given),
    cacheStats: (...given) => registry.cacheStats(...given),
    lookup: async (...given) => check(await registry.lookup(...given)),
    search: async (...given) => check(await registry.search(...given)),
  };
}
